namespace NetProfiler.Capture.Packets;

/// <summary>What was left out of a capture, and why.</summary>
internal sealed class PacketStatistics
{
    public long Packets;
    public long Fragments;
    public long Malformed;
    public long UnknownLinks;
    public long KeepAlives;
    public long OutOfWindow;
    public long NotWaitedFor;
    public long AfterReset;
    public long HeldTooMuch;
    public long Evicted;

    public IEnumerable<(string Reason, long Count)> Losses =>
    [
        ("packets left out, IP fragments", Fragments),
        ("packets left out, cut within a header or malformed", Malformed),
        ("packets left out, unknown link layer", UnknownLinks),
        ("packets left out, far outside their connection's window", OutOfWindow),
        ("packets left out, after their connection's reset", AfterReset),
        ("times bytes were acknowledged and not captured in time", NotWaitedFor),
        ("times too much was held of a stream with a gap", HeldTooMuch),
        ("connections let go, too many in the capture", Evicted),
    ];
}
