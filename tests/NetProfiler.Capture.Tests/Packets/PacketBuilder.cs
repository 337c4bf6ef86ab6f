using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Of one TCP segment, what a test cares about; the rest is as usual.</summary>
internal sealed record Segment(bool FromClient, uint Sequence, uint Acknowledged, string Flags, string Text = "")
{
    public string Client { get; init; } = "10.0.0.2";
    public string Server { get; init; } = "10.0.0.1";
    public ushort ClientPort { get; init; } = 40_000;
    public ushort ServerPort { get; init; } = 80;

    /// <summary>Since 1970.</summary>
    public long TimeNanoseconds { get; init; }

    /// <summary>The packet is captured up to here.</summary>
    public int SnapLength { get; init; } = int.MaxValue;

    /// <summary>Of IPv4: flags and fragment offset.</summary>
    public ushort Fragment { get; init; }

    /// <summary>Of IPv6: extension headers, and the number of the first.</summary>
    public (byte First, byte[] Bytes)? Extensions { get; init; }

    /// <summary>The IP packet.</summary>
    public byte[] ToIp()
    {
        byte[] tcp = Tcp();
        var (source, destination) = FromClient ? (Client, Server) : (Server, Client);
        byte[] from = IPAddress.Parse(source).GetAddressBytes(), to = IPAddress.Parse(destination).GetAddressBytes();
        return from.Length == 4 ? [.. IPv4Header(tcp.Length), .. from, .. to, .. tcp]
            : [.. IPv6Header(tcp.Length), .. from, .. to, .. Extensions?.Bytes ?? [], .. tcp];
    }

    private byte[] Tcp()
    {
        var header = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(header, FromClient ? ClientPort : ServerPort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), FromClient ? ServerPort : ClientPort);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), Acknowledged);
        header[12] = 5 << 4;
        header[13] = (byte)Flags.Sum(flag =>
            flag switch { 'F' => 1, 'S' => 2, 'R' => 4, 'P' => 8, 'A' => 16, _ => throw new ArgumentException(Flags) });
        return [.. header, .. Encoding.Latin1.GetBytes(Text)];
    }

    private byte[] IPv4Header(int payload)
    {
        var header = new byte[12];
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(20 + payload));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), Fragment);
        header[9] = 6;
        return header;
    }

    private byte[] IPv6Header(int payload)
    {
        var header = new byte[8];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(payload + (Extensions?.Bytes.Length ?? 0)));
        header[6] = Extensions?.First ?? 6;
        return header;
    }
}

/// <summary>A connection, packet by packet.</summary>
internal sealed class Talk
{
    private readonly uint[] _next;
    private readonly uint[] _start;
    private long _time = 1_700_000_000_000_000_000;

    public Talk(uint clientStart = 1_000, uint serverStart = 9_000)
    {
        _start = [serverStart, clientStart];
        _next = [serverStart, clientStart];
    }

    public List<Segment> Segments { get; } = [];

    public Func<Segment, Segment> Each { get; init; } = segment => segment;

    public Talk Connects()
    {
        Adds(true, "S", acknowledges: false);
        _next[1]++;
        Adds(false, "SA");
        _next[0]++;
        return Adds(true, "A");
    }

    public Talk Asks(string text) => Says(true, text);

    public Talk Answers(string text) => Says(false, text);

    /// <summary>In segments of this length; the last one is pushed.</summary>
    public Talk Says(bool fromClient, string text, int segmentLength = int.MaxValue)
    {
        for (int at = 0; at < text.Length; at += segmentLength)
        {
            string part = text.Substring(at, int.Min(segmentLength, text.Length - at));
            Adds(fromClient, at + part.Length == text.Length ? "PA" : "A", part);
            _next[fromClient ? 1 : 0] += (uint)part.Length;
            if (segmentLength == int.MaxValue) break;
        }

        return this;
    }

    public Talk Acknowledges(bool fromClient) => Adds(fromClient, "A");

    public Talk Ends(bool fromClient)
    {
        Adds(fromClient, "FA");
        _next[fromClient ? 1 : 0]++;
        return Adds(!fromClient, "A");
    }

    public Talk Closes() => Ends(true).Ends(false);

    public Talk Resets(bool fromClient) => Adds(fromClient, "R");

    public Talk Waits(long nanoseconds)
    {
        _time += nanoseconds;
        return this;
    }

    /// <summary>A packet as it stands; positions count from the first byte that the side sends.</summary>
    public Talk Adds(bool fromClient, string flags, string text, int position) =>
        Put(new Segment(fromClient, _start[fromClient ? 1 : 0] + 1 + (uint)position, _next[fromClient ? 0 : 1], flags, text));

    /// <summary>The client's bytes come from another network queue, and so much later into the capture than what answers them.</summary>
    public Talk CapturedLate(long nanoseconds)
    {
        var late = Segments.Select(one => one.FromClient && one.Text.Length > 0
            ? one with { TimeNanoseconds = one.TimeNanoseconds + nanoseconds } : one);
        Segment[] ordered = [.. late.OrderBy(one => one.TimeNanoseconds)];
        Segments.Clear();
        Segments.AddRange(ordered);
        return this;
    }

    public Talk Loses(int index)
    {
        Segments.RemoveAt(index < 0 ? Segments.Count + index : index);
        return this;
    }

    /// <summary>The latest packet comes so many places earlier.</summary>
    public Talk IsEarlierBy(int places)
    {
        var latest = Segments[^1];
        Segments.RemoveAt(Segments.Count - 1);
        Segments.Insert(Segments.Count - places, latest);
        return this;
    }

    public Talk Again(int index = -1) => Put(index < 0 ? Segments[Segments.Count + index] : Segments[index]);

    private Talk Adds(bool fromClient, string flags, string text = "", bool acknowledges = true) =>
        Put(new Segment(fromClient, _next[fromClient ? 1 : 0], acknowledges ? _next[fromClient ? 0 : 1] : 0, flags, text));

    private Talk Put(Segment segment)
    {
        _time += 100_000;
        Segments.Add(Each(segment with { TimeNanoseconds = _time }));
        return this;
    }
}
