using System.Buffers.Binary;
using System.Globalization;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Sockets;

/// <summary>
/// The TCP connections that were idle when they were scanned: nothing sent, received, unread or unacknowledged. If the scan took place
/// after the kernel side was attached, such a connection has no outstanding response at its first event, provided that the last bytes
/// before had the opposite direction: a server that sent last has responded, one that received last may be within an upload.
/// </summary>
/// <remarks>
/// Queries sock_diag(7) in the network namespace of every process. Requires CAP_SYS_ADMIN for other namespaces than this process's; sockets
/// that cannot be queried are left out. If a process uses a connection before it becomes a target, that is not noticed: scan again when
/// targets are added.
/// </remarks>
public sealed unsafe class QuietSockets
{
    /// <summary>Minimum idle time, in both directions, that counts as a silence (docs/http1.md).</summary>
    public const int SilenceMilliseconds = 100;

    /// <summary>Maximum number of sockets; further ones are not stored.</summary>
    private const int MaxSockets = 65_536;

    private const int NetlinkSockDiag = 4;
    private const ushort SockDiagByFamily = 20, Done = 3;
    private const ushort RequestDump = 0x301;
    private const byte Tcp = 6, InfoExtension = 1 << 1;
    private const int EstablishedState = 1 << 1;
    private const int HeaderBytes = 16, QuestionBytes = HeaderBytes + 56, AnswerBytes = HeaderBytes + 72; // inet_diag_req_v2, inet_diag_msg
    private const int InfoAttribute = 2;
    // struct tcp_info, up to bytes_sent (Linux 4.19)
    private const int LastSent = 44, LastReceived = 52, BytesReceived = 128, SegmentsReceived = 152, SegmentsSent = 156, BytesSent = 200;

    private readonly record struct Stillness(QuietDirections Directions, uint Milliseconds);

    private readonly Dictionary<(uint Namespace, EndpointAddress Local, EndpointAddress Remote), Stillness> _sockets = [];

    private readonly HashSet<(uint Namespace, EndpointAddress Local, EndpointAddress Remote)> _waiting = [];

    private QuietSockets()
    {
    }

    /// <summary>Scans the connections; takes a few milliseconds on a busy machine.</summary>
    public static QuietSockets Read()
    {
        var quiet = new QuietSockets();
        var seen = new HashSet<uint>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, null, out int id)) continue;
            if (SocketScan.NamespaceOf(process) is not { } networkNamespace || !seen.Add(networkNamespace)) continue;
            int socket = NetlinkSocket.OpenIn(networkNamespace, id, NetlinkSockDiag);
            if (socket == NetlinkSocket.None)
            {
                foreach (string file in new[] { "tcp", "tcp6" }) quiet.ReadQueues($"{process}/net/{file}", networkNamespace);
                continue;
            }

            quiet.Ask(socket, networkNamespace, family: 2); // AF_INET
            quiet.Ask(socket, networkNamespace, family: 10); // AF_INET6
            _ = NetlinkSocket.close(socket);
        }

        return quiet;
    }

    /// <summary>
    /// The directions in which the connection was idle from a silence before its first event until that event. Each connection is returned
    /// once.
    /// </summary>
    /// <param name="sinceLookNanoseconds">Time from the scan to the first event; any bytes in between would have been that event.</param>
    public QuietDirections Take(uint networkNamespace, EndpointAddress local, EndpointAddress remote, long sinceLookNanoseconds)
    {
        var key = (networkNamespace, local, remote);
        if (_sockets.Remove(key, out var still)) return HasBeenSilent(still.Milliseconds) ? still.Directions : QuietDirections.None;
        return _waiting.Remove(key) && HasBeenSilent(0) ? QuietDirections.Ingress | QuietDirections.Egress : QuietDirections.None;

        bool HasBeenSilent(uint millisecondsBeforeLook) =>
            sinceLookNanoseconds >= 0 && sinceLookNanoseconds / 1_000_000 + millisecondsBeforeLook >= SilenceMilliseconds;
    }

    // Of a namespace that cannot be entered, only the queues are known, not which side sent last: a connection whose queues have been empty
    // since the scan, for as long as a silence, is assumed to have no outstanding response.
    private void ReadQueues(string path, uint networkNamespace)
    {
        foreach (var (local, remote) in SocketScan.ConnectionsWithEmptyQueues(path))
        {
            if (_waiting.Count < MaxSockets) _waiting.Add((networkNamespace, local, remote));
        }
    }

    private void Ask(int socket, uint networkNamespace, byte family)
    {
        Span<byte> question = stackalloc byte[QuestionBytes];
        question.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(question, QuestionBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(question[4..], SockDiagByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(question[6..], RequestDump);
        (question[16], question[17], question[18]) = (family, Tcp, InfoExtension);
        BinaryPrimitives.WriteInt32LittleEndian(question[20..], EstablishedState);
        fixed (byte* bytes = question)
        {
            if (NetlinkSocket.send(socket, bytes, (nuint)question.Length, 0) != question.Length) return;
        }

        byte[] answer = new byte[32 * 1024]; // the maximum that the kernel returns of a dump at once
        while (true)
        {
            nint length;
            fixed (byte* bytes = answer) length = NetlinkSocket.recv(socket, bytes, (nuint)answer.Length, 0);
            if (length < HeaderBytes || !Take(answer.AsSpan(0, (int)length), networkNamespace)) return;
        }
    }

    /// <summary>False if the dump is complete, or has failed.</summary>
    private bool Take(ReadOnlySpan<byte> messages, uint networkNamespace)
    {
        while (messages.Length >= HeaderBytes)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(messages);
            if (length < HeaderBytes || length > messages.Length
                || BinaryPrimitives.ReadUInt16LittleEndian(messages[4..]) != SockDiagByFamily)
                return false;
            if (length >= AnswerBytes && _sockets.Count < MaxSockets
                && StillnessOf(messages[..length]) is { Directions: not QuietDirections.None } still)
                _sockets[KeyOf(messages, networkNamespace)] = still;
            messages = messages[int.Min(messages.Length, (length + 3) & ~3)..];
        }

        return true;
    }

    private static Stillness StillnessOf(ReadOnlySpan<byte> message)
    {
        // idiag_rqueue: received and not read; idiag_wqueue: written and not acknowledged.
        if (BinaryPrimitives.ReadUInt64LittleEndian(message[(HeaderBytes + 56)..]) != 0) return default;
        for (var rest = message[AnswerBytes..]; rest.Length >= 4;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            if (length < 4 || length > rest.Length) return default;
            if (BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) == InfoAttribute) return StillnessBy(rest[4..length]);
            rest = rest[int.Min(rest.Length, (length + 3) & ~3)..];
        }

        return default;
    }

    private static Stillness StillnessBy(ReadOnlySpan<byte> info) =>
        info.Length < BytesSent + 8 ? default : new(DirectionsBy(info), uint.Min(Word(info, LastSent), Word(info, LastReceived)));

    private static QuietDirections DirectionsBy(ReadOnlySpan<byte> info)
    {
        uint sent = Word(info, LastSent), received = Word(info, LastReceived);
        bool hasSent = BinaryPrimitives.ReadUInt64LittleEndian(info[BytesSent..]) > 0,
            hasReceived = BinaryPrimitives.ReadUInt64LittleEndian(info[BytesReceived..]) > 0;
        if (!hasSent && !hasReceived) return QuietDirections.Ingress | QuietDirections.Egress;
        if (!hasSent || !hasReceived) return QuietDirections.None;
        if (sent != received) return sent < received ? QuietDirections.Ingress : QuietDirections.Egress;

        // Within the same clock tick: a side that has responded has sent at least as many segments as it has received.
        uint segmentsSent = Word(info, SegmentsSent), segmentsReceived = Word(info, SegmentsReceived);
        return (segmentsSent >= segmentsReceived ? QuietDirections.Ingress : QuietDirections.None) | (segmentsReceived >= segmentsSent
            ? QuietDirections.Egress : QuietDirections.None);
    }

    private static uint Word(ReadOnlySpan<byte> info, int at) => BinaryPrimitives.ReadUInt32LittleEndian(info[at..]);

    private static (uint, EndpointAddress, EndpointAddress) KeyOf(ReadOnlySpan<byte> message, uint networkNamespace)
    {
        var id = message[(HeaderBytes + 4)..];
        ushort localPort = BinaryPrimitives.ReadUInt16BigEndian(id), remotePort = BinaryPrimitives.ReadUInt16BigEndian(id[2..]);
        return message[HeaderBytes] == 2
            ? (networkNamespace, EndpointAddress.IPv4(id[4..8], localPort), EndpointAddress.IPv4(id[20..24], remotePort))
            : (networkNamespace, EndpointAddress.IPv6(id[4..20], localPort), EndpointAddress.IPv6(id[20..36], remotePort));
    }
}
