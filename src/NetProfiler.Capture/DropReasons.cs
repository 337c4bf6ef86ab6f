namespace NetProfiler.Capture;

/// <summary>The running kernel's words for why it drops a packet: enum skb_drop_reason of its BTF.</summary>
internal static class DropReasons
{
    private const string Prefix = "SKB_DROP_REASON_";

    private static readonly Lazy<Dictionary<uint, string>> Names = new(() =>
        KernelTypes.Values("skb_drop_reason").ToDictionary(value => value.Key, value => (value.Value.StartsWith(Prefix, StringComparison.Ordinal) ? value.Value[Prefix.Length..] : value.Value).ToLowerInvariant()));

    /// <summary>The program that sees drops, for what this kernel tells of them; null: it gives no reason, or there is no BTF.</summary>
    public static string? Program => Names.Value.Count == 0
        ? null
        : KernelTypes.CountArguments("kfree_skb") switch
        {
            >= 4 => "drop_received",
            3 => "drop",
            _ => null,
        };

    /// <summary>"netfilter_drop"; "other" for what modules add.</summary>
    public static string NameOf(uint reason) => Names.Value.GetValueOrDefault(reason, "other");
}
