using System.Text;

namespace NetProfiler.Http1.Tests.Support;

/// <summary>Makes valid messages up, and says how a <see cref="Conversation"/> must tell them.</summary>
internal sealed class MessageGenerator(int seed)
{
    private static readonly string[] Extensions = ["", "", ";a", ";a=b", " ; a=\"b;\\\"c\""];
    private static readonly string[] Trailers = ["", "", "X: y\r\n", "X:\r\nServer-Timing: db;dur=53\r\n"];
    private static readonly string[] Fields = ["Accept: */*", "X-Empty:", "Cookie:\t a=b; c=\"d\" \t", "Traceparent: 00-ab-cd-01"];

    private readonly Random _random = new(seed);

    public (byte[] Bytes, string[] Told) Requests() => Several(() =>
    {
        string target = "/" + _random.Next();
        return Message($"PUT {target} HTTP/1.1");
    });

    public (byte[] Bytes, string[] Told) Responses() => Several(() => Message($"HTTP/1.1 {_random.Next(400, 600)} Why not"));

    /// <summary>The body of a message, as it is on the wire.</summary>
    public (byte[] Bytes, BodyLength Length) Body()
    {
        byte[] content = Content();
        if (_random.Next(2) == 0) return (content, new BodyLength(BodyKind.Fixed, content.Length));
        return (Chunks(content), new BodyLength(BodyKind.Chunked, 0));
    }

    /// <summary>Damages some bytes.</summary>
    public byte[] Mutated(byte[] bytes)
    {
        const string Troublemakers = "\r\n \t:;,\"\\0aF\0\x16";

        byte[] mutated = [.. bytes];
        for (int i = _random.Next(4); i >= 0; i--)
        {
            mutated[_random.Next(mutated.Length)] =
                _random.Next(4) == 0 ? (byte)_random.Next(256) : (byte)Troublemakers[_random.Next(Troublemakers.Length)];
        }

        return mutated;
    }

    /// <summary>Bytes at random, or words of HTTP in no order.</summary>
    public byte[] Noise()
    {
        string[] words =
        [
            "GET ", "/", " HTTP/1.1", "HTTP/1.0 200", " OK", "\r\n", "\n", "\r", "\r\n\r\n", ":", " ", "\t", ",", ";", "\"", "\\", "0", "5",
            "Content-Length: ", "Transfer-Encoding: ", "chunked", "gzip", "Connection: ", "close", "Host: a", "\0",
            "\x16\x03", "PRI * HTTP/2.0",
        ];
        var noise = new List<byte>();
        bool hasWords = _random.Next(2) == 0;
        for (int i = _random.Next(40); i > 0; i--)
        {
            if (hasWords) noise.AddRange(Encoding.Latin1.GetBytes(words[_random.Next(words.Length)]));
            else noise.Add((byte)_random.Next(256));
        }

        return [.. noise];
    }

    /// <summary>Feeds the bytes in parts of random length.</summary>
    public string[] FeedInParts(Conversation conversation, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int part = _random.Next(1, bytes.Length + 1);
            conversation.Feed(bytes[..part]);
            bytes = bytes[part..];
        }

        return conversation.Close();
    }

    private (byte[] Bytes, string[] Told) Several(Func<(byte[] Bytes, string Told)> one)
    {
        var messages = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => one()).ToList();
        return ([.. messages.SelectMany(message => message.Bytes)], [.. messages.Select(message => message.Told)]);
    }

    private (byte[] Bytes, string Told) Message(string startLine)
    {
        byte[] content = Content();
        bool isChunked = _random.Next(2) == 0;
        string framing = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {content.Length}";
        string[] before = _random.GetItems(Fields, _random.Next(4)), after = _random.GetItems(Fields, _random.Next(3));
        string[] lines = [startLine, .. before, framing, .. after, "", ""];

        byte[] bytes = [.. Encoding.ASCII.GetBytes(string.Join("\r\n", lines)), .. isChunked ? Chunks(content) : content];
        string told = $"{startLine}; {(isChunked ? "Chunked" : "Fixed")}";
        return (bytes, content.Length == 0 ? told : $"{told}; content {Visible.Text(content)}");
    }

    private byte[] Content()
    {
        byte[] content = new byte[_random.Next(3) == 0 ? 0 : _random.Next(60)];
        _random.NextBytes(content);
        return content;
    }

    private byte[] Chunks(ReadOnlySpan<byte> content)
    {
        var chunks = new List<byte>();
        while (!content.IsEmpty)
        {
            int size = _random.Next(1, content.Length + 1);
            chunks.AddRange(Encoding.ASCII.GetBytes($"{size:x}{Any(Extensions)}\r\n"));
            chunks.AddRange(content[..size]);
            chunks.AddRange("\r\n"u8);
            content = content[size..];
        }

        return [.. chunks, .. Encoding.ASCII.GetBytes($"0{Any(Extensions)}\r\n{Any(Trailers)}\r\n")];
    }

    private string Any(string[] choices) => choices[_random.Next(choices.Length)];
}
