namespace NetProfiler.Capture;

/// <summary>The running kernel's reasons for dropping a packet: enum skb_drop_reason of its BTF.</summary>
internal static class DropReasons
{
    private const string Prefix = "SKB_DROP_REASON_";

    private static readonly Lazy<Dictionary<uint, string>> Names =
        new(() => KernelTypes.DropReasons.ToDictionary(reason => reason.Key, reason => Word(reason.Value)));

    /// <summary>
    /// The program for packet drops that matches the tracepoint of this kernel. Null if the kernel does not report a reason, or if there is
    /// no BTF.
    /// </summary>
    public static string? Program => KernelTypes.DropReasons.Count == 0
        ? null
        : KernelTypes.ArgumentsOfDrop switch
        {
            >= 4 => "drop_received",
            3 => "drop",
            _ => null,
        };

    /// <summary>The reason in snake case, such as "netfilter_drop"; "other" for reasons added by modules.</summary>
    public static string NameOf(uint reason) => Names.Value.GetValueOrDefault(reason, "other");

    private static string Word(string name) =>
        (name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name).ToLowerInvariant();
}
