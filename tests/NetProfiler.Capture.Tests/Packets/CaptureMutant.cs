using System.Text;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Capture.Tests.Packets;

/// <summary>A generated conversation as packets, and what was done to them. The same seed makes the same mutant.</summary>
internal sealed class CaptureMutant
{
    private const uint ClientStart = uint.MaxValue - 700; // wraps
    private const uint ServerStart = 9_000;
    private const long RoundTripNanoseconds = 300_000;

    private readonly Random _random;

    /// <param name="index">Of several connections in one capture, which one.</param>
    public CaptureMutant(int seed, Manner manner, int index = 0)
    {
        _random = new Random(HashCode.Combine(seed, index, (int)manner));
        Conversation = new ConversationGenerator(_random.Next(), isHostile: _random.Next(3) > 0,
            maxExchanges: _random.Next(3) == 0 ? 25 : 9).Next(manner);
        Index = index;
        Segments = Packets();
        for (int faults = _random.Next(5); faults > 0 && Segments.Count > 1; faults--) Mutate();
    }

    public GeneratedConversation Conversation { get; }

    public int Index { get; }

    /// <summary>As they were captured, in the capture's order.</summary>
    public List<Segment> Segments { get; private set; }

    /// <summary>What was done, for the message of a failure.</summary>
    public List<string> Done { get; } = [];

    public string Client => $"10.0.1.{Index + 1}";

    public ushort ServerPort => (ushort)(80 + Index);

    /// <summary>
    /// Whether a loss of these exchanges must be told: some of their bytes, or bytes of exchanges before and after them, are in the
    /// capture.
    /// </summary>
    public bool ShowsLossOf(IEnumerable<int> exchanges)
    {
        bool[] present = [.. Conversation.Exchanges.Select((_, id) => Segments.Exists(one => Holds(one, id)))];
        int first = Array.IndexOf(present, true), last = Array.LastIndexOf(present, true);
        return first >= 0 && exchanges.Any(id => id >= first && id <= last);
    }

    public override string ToString() => string.Join('\n',
    [
        string.Join(", ", Done), "took place:", .. Conversation.Exchanges, "was captured:",
        .. Segments.Select(one => $"{(one.FromClient ? '>' : '<')} {one.Flags} {Offset(one)}+{one.Text.Length} ack {Acknowledged(one)} " +
            $"{(one.SnapLength < int.MaxValue ? $"cut {one.SnapLength} " : "")}{one.TimeNanoseconds} "
                + $"{one.Text.Replace("\r\n", "|", StringComparison.Ordinal).Replace("pppppppp", "", StringComparison.Ordinal)}"),
    ]);

    private long Offset(Segment one) => (uint)(one.Sequence - (one.FromClient ? ClientStart : ServerStart) - 1);

    private long Acknowledged(Segment one) => (uint)(one.Acknowledged - (one.FromClient ? ServerStart : ClientStart) - 1);

    private bool Holds(Segment one, int id)
    {
        const int headers = 14 + 20 + 20;
        int captured = int.Min(one.Text.Length, one.SnapLength - headers);
        return Conversation.IsPartOf(id, one.FromClient, Offset(one), Offset(one) + captured);
    }

    private List<Segment> Packets()
    {
        var packets = new List<Segment>();
        var acknowledged = new uint[2]; // of what the client sends, of what the server sends
        var sent = new uint[2];
        long now = 1_700_000_000_000_000_000 + _random.Next(1_000_000);
        int segmentLength = _random.Next(3) switch { 0 => _random.Next(8, 80), 1 => 536, _ => 1460 };
        void Put(bool fromClient, string flags, uint sequence, uint acknowledgement, string text = "") =>
            packets.Add(new Segment(fromClient, sequence, acknowledgement, flags, text)
        {
            Client = Client, ServerPort = ServerPort, TimeNanoseconds = now += _random.Next(1_000, (int)RoundTripNanoseconds),
        });

        Put(true, "S", ClientStart, 0);
        Put(false, "SA", ServerStart, ClientStart + 1);
        Put(true, "A", ClientStart + 1, ServerStart + 1);
        long previous = Conversation.Calls[0].Started;
        foreach (var call in Conversation.Calls)
        {
            now += call.Started - previous;
            previous = call.Started;
            bool fromClient = call.Direction == Conversation.RequestDirection;
            string text = Encoding.Latin1.GetString(call.Bytes);
            for (int at = 0, length; at < text.Length; at += length)
            {
                length = int.Min(_random.Next(4) == 0 ? _random.Next(1, segmentLength + 1) : segmentLength, text.Length - at);
                uint offset = call.Position + (uint)at;
                uint taken = Taken(fromClient, offset + (uint)length, acknowledged[fromClient ? 1 : 0], sent[fromClient ? 1 : 0]);
                acknowledged[fromClient ? 1 : 0] = taken;
                Put(fromClient, at + length == text.Length ? "PA" : "A", (fromClient ? ClientStart : ServerStart) + 1 + offset,
                    (fromClient ? ServerStart : ClientStart) + 1 + taken, text.Substring(at, length));
                sent[fromClient ? 0 : 1] = offset + (uint)length;
            }

            if (_random.Next(3) != 0) continue;
            acknowledged[fromClient ? 0 : 1] = sent[fromClient ? 0 : 1];
            Put(!fromClient, "A", fromClient ? ServerStart + 1 + sent[1] : ClientStart + 1 + sent[0],
                (fromClient ? ClientStart : ServerStart) + 1 + acknowledged[fromClient ? 0 : 1]);
        }

        bool isServerFirst = _random.Next(2) == 0;
        if (_random.Next(3) == 0) return packets;
        foreach (bool fromClient in new[] { !isServerFirst, isServerFirst })
        {
            var (own, other) = fromClient ? (0, 1) : (1, 0);
            uint ends = fromClient == isServerFirst ? 1u : 0; // the other's FIN
            Put(fromClient, "FA", (fromClient ? ClientStart : ServerStart) + 1 + sent[own],
                (fromClient ? ServerStart : ClientStart) + 1 + sent[other] + ends);
        }

        return packets;
    }

    /// <summary>
    /// What the sender has of the other stream: a server all that was captured; a client that pipelines at least the answer that let it
    /// send.
    /// </summary>
    private uint Taken(bool fromClient, uint end, uint latest, uint all)
    {
        if (!fromClient || Conversation.Window == 1) return all;
        int request = Conversation.RequestStarts.FindLastIndex(start => start < end);
        uint needed = request < Conversation.Window ? 0 : Conversation.ResponseEnds[request - Conversation.Window];
        uint least = uint.Min(uint.Max(latest, needed), all);
        return _random.Next(2) == 0 ? all : least + (uint)_random.NextInt64(all - least + 1);
    }

    private void Mutate()
    {
        int at = _random.Next(Segments.Count);
        switch (_random.Next(9))
        {
            case 0:
                Segments.RemoveAt(at);
                Done.Add($"dropped {at}");
                break;
            case 1:
                int burst = int.Min(_random.Next(2, 8), Segments.Count - at);
                Segments.RemoveRange(at, burst);
                Done.Add($"dropped {burst} from {at}");
                break;
            case 2:
                int place = _random.Next(at + 1, int.Min(Segments.Count, at + 20) + 1);
                Segments.Insert(place, Segments[at] with { TimeNanoseconds = Segments[place - 1].TimeNanoseconds });
                Done.Add($"repeated {at} at {place}");
                break;
            case 3:
                Delay(at);
                break;
            case 4:
                Segments[at] = Segments[at] with { SnapLength = _random.Next(30, 200) };
                Done.Add($"cut {at}");
                break;
            case 5 when _random.Next(3) == 0:
                int length = _random.Next(30, 300);
                Segments = [.. Segments.Select(one => one with { SnapLength = int.Min(one.SnapLength, length) })];
                Done.Add($"snap length {length}");
                break;
            case 6 when _random.Next(2) == 0:
                Segments.RemoveRange(0, at);
                Done.Add($"began at {at}");
                break;
            case 7 when _random.Next(2) == 0:
                Segments.RemoveAll(one => one.Text.Length == 0 && one.Flags == "A" && _random.Next(4) > 0);
                Done.Add("dropped acknowledgements");
                break;
            case 8 when _random.Next(6) == 0:
                bool fromClient = _random.Next(2) == 0;
                Segments.RemoveAll(one => one.FromClient == fromClient);
                Done.Add($"only one direction, without the {(fromClient ? "client's" : "server's")}");
                break;
        }
    }

    // Another network queue was read later: this packet, or all of one direction.
    private void Delay(int at)
    {
        long late = _random.Next(1, 5) * 1_000_000L;
        bool isAll = _random.Next(3) == 0, fromClient = Segments[at].FromClient;
        Segments = [.. Segments.Select((one, index) => index == at || (isAll && one.FromClient == fromClient)
            ? one with { TimeNanoseconds = one.TimeNanoseconds + late } : one)
            .OrderBy(one => one.TimeNanoseconds)];
        Done.Add($"delayed {(isAll ? "a direction" : at)} by {late / 1_000_000} ms");
    }
}
