using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace NetProfiler.Node.Tests.Support;

/// <summary>One request, byte by byte.</summary>
internal sealed record RawRequest(string Method, string Target, byte[] Head, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>The body is sent after the server said "100 Continue".</summary>
    public bool WaitsForContinue { get; init; }

    public long Length => Head.Length + Body.Length;

    public static RawRequest Get(string target, string fields = "", string method = "GET", string version = "1.1") =>
        new(method, target, Encoding.Latin1.GetBytes($"{method} {target} HTTP/{version}\r\nHost: test\r\n{fields}\r\n"));

    public static RawRequest Post(string target, ReadOnlyMemory<byte> body, string fields = "", string method = "POST") =>
        new(method, target, Encoding.Latin1.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: test\r\nContent-Length: {body.Length}\r\n{fields}\r\n"), body);

    /// <summary>The body in chunks of different sizes, with an extension and a trailer.</summary>
    public static RawRequest Chunked(string target, ReadOnlySpan<byte> body, params int[] sizes)
    {
        var encoded = new MemoryStream();
        for (int i = 0; !body.IsEmpty; i++)
        {
            var chunk = body[..int.Min(body.Length, sizes[i % sizes.Length])];
            encoded.Write(Encoding.Latin1.GetBytes(i % 3 == 0 ? $"{chunk.Length:x};n={i}\r\n" : $"{chunk.Length:X}\r\n"));
            encoded.Write(chunk);
            encoded.Write("\r\n"u8);
            body = body[chunk.Length..];
        }

        encoded.Write("0\r\n\r\n"u8);
        return new RawRequest("POST", target,
            Encoding.Latin1.GetBytes($"POST {target} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"), encoded.ToArray());
    }

    public RawRequest Waiting() => this with
    {
        Head = [.. Head.AsSpan(0, Head.Length - 2), .. "Expect: 100-continue\r\n\r\n"u8],
        WaitsForContinue = true,
    };
}

/// <summary>A connection that counts what passes on the wire: the truth that no library retells.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly ResponseReader _responses;

    private RawClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _responses = new ResponseReader(_stream);
    }

    /// <summary>The client's own port.</summary>
    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <param name="tls">Null: clear text.</param>
    public static async Task<RawClient> ConnectAsync(EndPoint server, SslClientAuthenticationOptions? tls = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        if (server is IPEndPoint) socket.NoDelay = true;
        await socket.ConnectAsync(server);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (tls is null) return new RawClient(socket, stream);
        var secure = new SslStream(stream);
        await secure.AuthenticateAsClientAsync(tls);
        return new RawClient(socket, secure);
    }

    public async Task<Fact> SendAsync(RawRequest request, int pauseMilliseconds = 0)
    {
        await _stream.WriteAsync(request.Head);
        if (pauseMilliseconds > 0) await Task.Delay(pauseMilliseconds);
        long interim = request.WaitsForContinue ? await _responses.ReadContinueAsync() : 0;
        if (!request.Body.IsEmpty) await _stream.WriteAsync(request.Body);
        var response = await _responses.ReadAsync(request.Method);
        return new Fact(request.Method, request.Target, response.Status, request.Length, interim + response.Bytes);
    }

    /// <summary>All requests in one write, then all responses.</summary>
    public async Task<List<Fact>> PipelineAsync(IReadOnlyList<RawRequest> requests)
    {
        var all = new byte[requests.Sum(request => request.Length)];
        int at = 0;
        foreach (var request in requests)
        {
            request.Head.CopyTo(all, at);
            request.Body.CopyTo(all.AsMemory(at + request.Head.Length));
            at += (int)request.Length;
        }

        var writing = _stream.WriteAsync(all);
        var facts = new List<Fact>(requests.Count);
        foreach (var request in requests)
        {
            var response = await _responses.ReadAsync(request.Method);
            facts.Add(new Fact(request.Method, request.Target, response.Status, request.Length, response.Bytes));
        }

        await writing;
        return facts;
    }

    /// <summary>Sends bytes that may be anything.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    /// <summary>Ends the client's half.</summary>
    public void Shutdown() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _stream.Dispose();
}

/// <summary>Reads whole responses, and counts their bytes (RFC 9112, section 6.3).</summary>
internal sealed class ResponseReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public async Task<(int Status, long Bytes)> ReadAsync(string method)
    {
        long bytes = 0;
        while (true)
        {
            string head = await ReadHeadAsync();
            bytes += head.Length;
            int status = int.Parse(head.AsSpan(9, 3));
            if (status is >= 100 and < 200 and not 101) continue;
            return (status, bytes + await ReadBodyAsync(method, status, head));
        }
    }

    public async Task<long> ReadContinueAsync()
    {
        string head = await ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 100", head, StringComparison.Ordinal);
        return head.Length;
    }

    private async Task<long> ReadBodyAsync(string method, int status, string head)
    {
        if (method == "HEAD" || status is 204 or 304) return 0;
        if (Field(head, "transfer-encoding") is { } coding)
        {
            Assert.Equal("chunked", coding);
            return await ReadChunksAsync();
        }

        if (Field(head, "content-length") is { } length) return await SkipAsync(long.Parse(length));
        long bytes = _end - _start;
        while (await FillAsync()) bytes += _end;
        return bytes;
    }

    private async Task<long> ReadChunksAsync()
    {
        long bytes = 0;
        while (true)
        {
            string line = await ReadLineAsync();
            long size = Convert.ToInt64(line.Split(';')[0].Trim(), 16);
            bytes += line.Length;
            if (size > 0)
            {
                bytes += await SkipAsync(size + 2);
                continue;
            }

            do
            {
                line = await ReadLineAsync(); // trailers, and the empty line
                bytes += line.Length;
            }
            while (line != "\r\n");
            return bytes;
        }
    }

    private async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        string line;
        do
        {
            line = await ReadLineAsync();
            head.Append(line);
        }
        while (line != "\r\n");
        return head.ToString();
    }

    /// <summary>With its end.</summary>
    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
                throw new EndOfStreamException($"the server closed; the last line so far: \"{line}\"");
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n') + 1;
            int take = length > 0 ? length : _end - _start;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
            if (length > 0) return line.ToString();
        }
    }

    private async Task<long> SkipAsync(long count)
    {
        for (long left = count; left > 0;)
        {
            if (_start == _end && !await FillAsync()) throw new EndOfStreamException($"the server closed {left} bytes early");
            int take = (int)long.Min(left, _end - _start);
            _start += take;
            left -= take;
        }

        return count;
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer);
        return _end > 0;
    }

    private static string? Field(string head, string name)
    {
        foreach (string line in head.Split("\r\n").Skip(1))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && line.AsSpan(0, colon).Equals(name, StringComparison.OrdinalIgnoreCase)) return line[(colon + 1)..].Trim();
        }

        return null;
    }
}
