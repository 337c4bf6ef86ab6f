using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Tests.Support;

/// <summary>How a client speaks: it waits for each answer, or has several requests under way.</summary>
internal enum Manner
{
    TakesTurns,

    /// <summary>And before each request there is a silence.</summary>
    Pauses,

    /// <summary>Its first two requests and answers show it.</summary>
    Pipelines,

    /// <summary>
    /// It always has a second request under way when the answer to the first comes: after a loss that looks like a client that waits.
    /// </summary>
    OneAhead,
}

/// <summary>
/// A conversation made up: the calls that carry it, and the exchanges that it consists of. Each response has a length of its own.
/// </summary>
internal sealed class GeneratedConversation(ulong connection, bool isClient)
{
    private const long QuietNanoseconds = 200_000_000;

    private readonly uint[] _positions = new uint[2];
    private long _now = 1_000_000;

    public List<Transfer> Calls { get; } = [];

    /// <summary><see cref="SeenExchange.Content"/> of each exchange, in order.</summary>
    public List<string> Exchanges { get; } = [];

    /// <summary>Where each request begins in its stream, and where each answer ends.</summary>
    public List<uint> RequestStarts { get; } = [];

    public List<uint> ResponseEnds { get; } = [];

    public int RequestBytes { get; set; }

    /// <summary>Requests that the client has under way at most.</summary>
    public int Window { get; set; } = 1;

    public bool HasInterimResponses { get; set; }

    /// <summary>The first calls, which must arrive as they are.</summary>
    public int Intact { get; set; }

    public ulong Connection => connection;

    public bool IsClient => isClient;

    public Direction RequestDirection => isClient ? Direction.Egress : Direction.Ingress;

    /// <summary>Whether bytes between these positions of a stream belong to an exchange.</summary>
    public bool IsPartOf(int id, bool isRequest, long from, long until)
    {
        long start = isRequest ? RequestStarts[id] : id == 0 ? 0 : ResponseEnds[id - 1];
        long end = !isRequest ? ResponseEnds[id] : id + 1 < RequestStarts.Count ? RequestStarts[id + 1] : RequestBytes;
        return until > from && from < end && until > start;
    }

    /// <summary>Nothing moves for longer than an answer can take.</summary>
    public void Pause() => _now += QuietNanoseconds;

    public void Call(bool isRequest, byte[] bytes)
    {
        var direction = isRequest ? RequestDirection : RequestDirection ^ Direction.Egress;
        var call = direction == Direction.Ingress ? SocketCall.Read : SocketCall.Write;
        uint opposite = _positions[1 - (int)direction];
        Calls.Add(new Transfer(connection, direction, call, _positions[(int)direction], bytes, _now, _now += 1000) 
        {
            Opposite = (opposite, opposite),
            ReadyFor = direction == Direction.Ingress ? 1000 : null,
            ReadyLength = (uint)bytes.Length,
        });
        _positions[(int)direction] += (uint)bytes.Length;
    }
}

/// <param name="seed">The same seed makes the same conversations.</param>
/// <param name="minFirstCall">Least bytes in the call that begins a message.</param>
/// <param name="isHostile">Bodies hold whole messages, and calls begin with them.</param>
/// <param name="maxExchanges">Of one conversation.</param>
internal sealed class ConversationGenerator(int seed, int minFirstCall = 1, bool isHostile = false, int maxExchanges = 9)
{
    /// <summary>What is in no conversation: whoever shows it took a body for a message.</summary>
    public const string Fake = "/fake";

    private static readonly string[] FakeHeads =
        [$"GET {Fake} HTTP/1.1\r\nHost: f\r\n\r\n", $"POST {Fake} HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
            "HTTP/1.1 299 Fake\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 299 Fake\r\nContent-Length: 30\r\n\r\n"];

    private const int ResponseStride = 400;

    private readonly Random _random = new(seed);
    private ulong _connection;

    public GeneratedConversation Next(Manner manner)
    {
        var conversation = new GeneratedConversation(++_connection, isClient: _random.Next(2) == 0);
        int count = _random.Next(3, maxExchanges + 1);
        bool isUntilClose = _random.Next(5) == 0;
        var messages = Enumerable.Range(0, count)
            .Select(id => Exchange(conversation, id, isUntilClose && id == count - 1, manner)).ToArray();
        if (manner == Manner.Pipelines)
        {
            conversation.Call(isRequest: true, [.. messages[0].Request, .. messages[1].Request]);
            conversation.Call(isRequest: false, [.. messages[0].Response, .. messages[1].Response]);
            conversation.Intact = 2;
        }

        int asked = conversation.Intact, answered = conversation.Intact;
        int window = conversation.Window = manner switch { Manner.Pipelines => _random.Next(2, 5), Manner.OneAhead => 2, _ => 1 };
        var run = new List<byte>();
        bool isRequestRun = true;
        while (answered < count)
        {
            bool mayAsk = asked < count && asked - answered < window;
            bool asks = mayAsk && (manner == Manner.OneAhead || asked == answered || _random.Next(2) == 0);
            if (asks != isRequestRun) Flush(conversation, run, isRequestRun);
            if (asks && manner == Manner.Pauses) conversation.Pause();
            isRequestRun = asks;
            if (!asks)
            {
                run.AddRange(messages[answered++].Response);
                continue;
            }

            var (request, response, expectsAt) = messages[asked++];
            if (expectsAt == 0)
            {
                run.AddRange(request);
                continue;
            }

            run.AddRange(request[..expectsAt]);
            Flush(conversation, run, isRequest: true);
            Flush(conversation, [.. Bytes(Http.Continue)], isRequest: false);
            run.AddRange(request[expectsAt..]);
        }

        Flush(conversation, run, isRequestRun);
        return conversation;
    }

    /// <summary>Lets a read's event arrive before that of the write which it answers: of a client, whose threads were that fast.</summary>
    public List<Transfer> Swapped(GeneratedConversation conversation)
    {
        var calls = conversation.Calls.ToList();
        for (int i = conversation.Intact; i + 1 < calls.Count; i++)
        {
            bool mayMeet = conversation.IsClient && calls[i].Direction == Direction.Egress && calls[i + 1].Direction == Direction.Ingress;
            if (!mayMeet || _random.Next(3) != 0) continue;
            (calls[i], calls[i + 1]) = (calls[i + 1], calls[i]);
            i++;
        }

        return calls;
    }

    /// <summary>Loses, cuts and repeats some; the last event of each direction stays, so that a loss shows.</summary>
    public List<Transfer> Damaged(GeneratedConversation conversation, List<Transfer> calls)
    {
        var damaged = calls.ToList();
        for (int faults = _random.Next(4); faults > 0 && damaged.Count > conversation.Intact; faults--)
        {
            int at = _random.Next(conversation.Intact, damaged.Count);
            var call = damaged[at];
            if (_random.Next(3) > 0) damaged.RemoveAt(at);
            else damaged[at] = call.CapturedOnly(_random.Next(call.Bytes.Length));
        }

        for (int repeated = _random.Next(3); repeated > 0 && damaged.Count > conversation.Intact; repeated--)
        {
            int at = _random.Next(conversation.Intact, damaged.Count);
            damaged.Insert(_random.Next(at + 1, int.Min(at + 4, damaged.Count) + 1), damaged[at]);
        }

        return damaged;
    }

    private (byte[] Request, byte[] Response, int ExpectsAt) Exchange(GeneratedConversation conversation, int id, bool isUntilClose,
        Manner manner)
    {
        string method = Any("GET", "POST", "PUT", "HEAD", "DELETE");
        string target = $"/{id}";
        int requestContent = method is "POST" or "PUT" ? _random.Next(80) : 0;
        bool isExpecting = manner is not (Manner.Pipelines or Manner.OneAhead) && requestContent > 0 && _random.Next(3) == 0;
        string head = $"{method} {target} HTTP/1.1\r\nHost: example\r\n{(isExpecting ? "Expect: 100-continue\r\n" : "")}";
        var (requestFields, requestBody) = Body(requestContent, method is "POST" or "PUT");
        string request = head + requestFields + "\r\n" + requestBody;

        int status = _random.Next(12) switch { 0 => 204, 1 => 304, _ => _random.Next(200, 600) };
        bool hasBody = method != "HEAD" && status is not (204 or 304);
        int responseContent = hasBody ? _random.Next(80) : 0;
        string interim = _random.Next(4) == 0 ? Http.ResponseHead(103, "Link: </style.css>") : "";
        conversation.HasInterimResponses |= isExpecting || interim.Length > 0;
        var (responseFields, responseBody) = !hasBody ? ("Content-Length: 7\r\n", "")
            : isUntilClose ? ("", Content(responseContent)) : Body(responseContent, isNeeded: true);
        string start = $"{interim}HTTP/1.1 {status} Why not\r\n{responseFields}X: ";
        int continued = isExpecting ? Http.Continue.Length : 0;
        int padding = (id + 1) * ResponseStride - continued - start.Length - 4 - responseBody.Length;
        string response = start + new string('p', padding) + "\r\n\r\n" + responseBody;

        uint sent = conversation.ResponseEnds.LastOrDefault();
        conversation.RequestStarts.Add((uint)conversation.RequestBytes);
        conversation.RequestBytes += request.Length;
        conversation.ResponseEnds.Add(sent + (uint)(continued + response.Length));
        conversation.Exchanges.Add($"{method} {target} {status}: {request.Length} ({requestContent}) -> {continued + response.Length} "
            + $"({responseContent})");
        return (Bytes(request), Bytes(response), isExpecting ? head.Length + requestFields.Length + 2 : 0);
    }

    private (string Fields, string Text) Body(int content, bool isNeeded)
    {
        if (!isNeeded) return ("", "");
        string text = Content(content);
        if (_random.Next(2) == 0) return ($"Content-Length: {content}\r\n", text);

        var chunks = new List<string>();
        for (int at = 0; at < content; at += chunks[^1].Length) chunks.Add(text.Substring(at, _random.Next(1, content - at + 1)));
        return ("Transfer-Encoding: chunked\r\n", Http.Chunks([.. chunks]));
    }

    private string Content(int length)
    {
        string fake = FakeHeads[_random.Next(FakeHeads.Length)];
        if (!isHostile || length < fake.Length || _random.Next(5) < 2) return new string('x', length);
        int at = _random.Next(3) == 0 ? length - fake.Length : _random.Next(length - fake.Length + 1);
        return new string('x', at) + fake + new string('x', length - at - fake.Length);
    }

    private IEnumerable<int> FakesIn(byte[] bytes)
    {
        string text = System.Text.Encoding.Latin1.GetString(bytes);
        return FakeHeads.SelectMany(fake =>
            Enumerable.Range(0, text.Length).Where(at => string.CompareOrdinal(text, at, fake, 0, fake.Length) == 0));
    }

    private void Flush(GeneratedConversation conversation, List<byte> run, bool isRequest)
    {
        byte[] bytes = [.. run];
        run.Clear();
        int cuts = bytes.Length <= minFirstCall ? 0 : _random.Next(4);
        int[] ends = [.. Enumerable.Range(0, cuts).Select(_ => _random.Next(minFirstCall, bytes.Length)).Append(bytes.Length)
            .Concat(isHostile ? FakesIn(bytes).Where(at => at > 0 && _random.Next(5) > 0) : []).Distinct().Order()];
        for (int i = 0, from = 0; bytes.Length > 0 && i < ends.Length; from = ends[i++]) conversation.Call(isRequest, bytes[from..ends[i]]);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    private string Any(params string[] choices) => choices[_random.Next(choices.Length)];
}
