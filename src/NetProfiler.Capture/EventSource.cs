using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Packets;
using NetProfiler.Capture.Recordings;
using NetProfiler.Capture.Replay;

namespace NetProfiler.Capture;

/// <summary>Detects the format of a file by its first bytes.</summary>
public static class EventSource
{
    private const int MagicBytes = 4;

    /// <param name="role">The role of the end whose view is reported of captured packets; unknown means the server.</param>
    /// <exception cref="UnreadableFileException">The file has an unknown format.</exception>
    public static IEventSource Open(Stream stream, EndpointRole role)
    {
        var reader = new WindowReader(stream);
        if (reader.IsAtEnd) throw new UnreadableFileException("is empty");
        if (!reader.TryPeek(MagicBytes, out var magic)) throw new UnreadableFileException(Unknown);
        var profiled = role == EndpointRole.Client ? EndpointRole.Client : EndpointRole.Server;
        if (ClassicPcapFile.IsMagic(magic)) return new PacketSource(new ClassicPcapFile(reader), profiled);
        if (PcapNgFile.IsMagic(magic)) return new PacketSource(new PcapNgFile(reader), profiled);
        if (RecordingFormat.Magic.StartsWith(magic) && reader.TryRead(RecordingFormat.Magic.Length, out var whole)
            && whole.SequenceEqual(RecordingFormat.Magic))
            return new RecordingSource(reader);
        throw new UnreadableFileException(Unknown);
    }

    private const string Unknown = "neither a recording nor a pcap or pcapng file";
}
