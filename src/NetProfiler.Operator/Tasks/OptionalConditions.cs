using NetProfiler.Api.Conditions;
using NetProfiler.Api.Resources;

namespace NetProfiler.Operator.Tasks;

/// <summary>The conditions of tasks that send samples to collectors, or read TLS.</summary>
internal static class OptionalConditions
{
    // Absent if no node sends samples to a collector.
    public static void SetExporting(IReadOnlyList<NodeShare> desired, Conditions conditions)
    {
        if (desired.Any(IsNotExporting))
            conditions.Set(ConditionType.Exporting, false, ConditionReason.CollectorFailing, WhyNotExporting(desired));
        else if (desired.Any(share => share.Told?.Exporting is not null))
            conditions.Set(ConditionType.Exporting, true, ConditionReason.Exporting,
                "no node reports a collector that rejects samples");
    }

    public static bool IsNotExporting(NodeShare share) => share.Told?.Exporting?.FailingSince is not null;

    public static string WhyNotExporting(IReadOnlyList<NodeShare> desired)
    {
        var first = desired.Where(IsNotExporting).MinBy(share => share.Told!.Exporting!.FailingSince)!.Told!.Exporting!;
        return $"{TaskProgress.Names(desired, IsNotExporting)} cannot send samples to {first.Exporter} since {first.FailingSince:u}: "
            + first.Message;
    }

    public static void SetTlsRead(IReadOnlyList<NodeShare> desired, TaskTlsCounts? counts, Conditions conditions)
    {
        if (desired.Any(HasNoTls))
            conditions.Set(ConditionType.TlsRead, false, ConditionReason.TlsNotSupported, WithoutTls(desired));
        else if (desired.Any(share => share.IsCapturing))
            conditions.Set(ConditionType.TlsRead, true, ConditionReason.TlsRead, TlsCounted(counts ?? new()));
        else
            conditions.Set(ConditionType.TlsRead, false, ConditionReason.NotStarted, "no node is capturing yet");
    }

    private static string TlsCounted(TaskTlsCounts counts)
    {
        string unread = string.Join(", ", (counts.Unread ?? []).Select(one => $"{one.Connections} {one.Reason}"));
        return $"{TaskProgress.Count(counts.Read, "TLS connection")} read, {(unread.Length > 0 ? $"not read: {unread}" : "none unread")}";
    }

    public static bool HasNoTls(NodeShare share) => share.Told?.TlsFault is not null;

    public static string WithoutTls(IReadOnlyList<NodeShare> desired) =>
        $"{TaskProgress.Names(desired, HasNoTls)} cannot read TLS, and profiles unencrypted traffic only: "
        + desired.First(HasNoTls).Told!.TlsFault;
}
