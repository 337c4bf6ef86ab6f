using NetProfiler.Http1.Tests.Support;

namespace NetProfiler.Fuzz;

/// <summary>Makes inputs of the corpus: spliced, damaged, doubled, cut. The same seed makes the same inputs.</summary>
internal sealed class Mutator
{
    /// <summary>Longest input; a few reach it, most are a message or three.</summary>
    public const int MaxBytes = 128 * 1024;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "\r\n", "\n", "\r", "\r\n\r\n", "\n\n", " ", "\t", ":", ";", ",", "\"", "\\", "\0", "0", "00", "ffffffffffffffff",
            "7fffffffffffffff", "-1", "+1", "0x10",
            "GET ", "POST ", "HEAD ", "CONNECT ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " HTTP/1.1", " HTTP/1.0", " HTTP/0.9",
            "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 \r\n\r\n",
            "HTTP/1.1 101 \r\n\r\n", "HTTP/1.1 304 \r\n", "Content-Length: ", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: ", "chunked", "gzip",
            "Connection: close\r\n", "Connection: upgrade\r\n", "Host: a\r\n", "Expect: 100-continue\r\n", "\x16\x03\x01", "5\r\nhello\r\n",
            "0\r\n\r\n", "1;a=\"b\"\r\n",
        }.Select(System.Text.Encoding.Latin1.GetBytes),
    ];

    private readonly byte[][] _corpus = [.. LlhttpCase.All.Values.Select(one => one.Bytes)];
    private readonly byte[] _buffer = new byte[MaxBytes];
    private readonly Random _random;
    private int _length;

    public Mutator(int seed) => _random = new Random(seed);

    public Random Random => _random;

    /// <summary>The next input; good until the one after it.</summary>
    public Span<byte> Next()
    {
        _length = 0;
        for (int parts = 1 + (_random.Next(4) == 0 ? _random.Next(3) : 0); parts > 0; parts--)
            Insert(_length, _corpus[_random.Next(_corpus.Length)]);
        for (int changes = _random.Next(6); changes > 0; changes--) Change();
        return _buffer.AsSpan(0, _length);
    }

    private void Change()
    {
        int at = _random.Next(_length + 1);
        switch (_random.Next(_length == 0 ? 1 : 8))
        {
            case 0 or 1:
                Insert(at, Words[_random.Next(Words.Length)]);
                break;
            case 2:
                if (at < _length) _buffer[at] = (byte)_random.Next(256);
                break;
            case 3:
                if (at < _length) _buffer[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 4:
                Remove(at, _random.Next(1, 20));
                break;
            case 5:
                _length = at;
                break;
            case 6: // a part again
                var part = _buffer.AsSpan(at, int.Min(_random.Next(1, 64), _length - at)).ToArray();
                Insert(at, part);
                break;
            default: // a run, long at times
                int run = _random.Next(200) == 0 ? _random.Next(MaxBytes) : _random.Next(100);
                run = int.Min(run, MaxBytes - _length);
                _buffer.AsSpan(at, _length - at).CopyTo(_buffer.AsSpan(at + run));
                _buffer.AsSpan(at, run).Fill(Words[_random.Next(Words.Length)][0]);
                _length += run;
                break;
        }
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > MaxBytes) return;
        _buffer.AsSpan(at, _length - at).CopyTo(_buffer.AsSpan(at + bytes.Length));
        bytes.CopyTo(_buffer.AsSpan(at));
        _length += bytes.Length;
    }

    private void Remove(int at, int count)
    {
        count = int.Min(count, _length - at);
        _buffer.AsSpan(at + count, _length - at - count).CopyTo(_buffer.AsSpan(at));
        _length -= count;
    }
}
