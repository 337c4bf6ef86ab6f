using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetProfiler.Http1;

namespace NetProfiler.Benchmarks;

/// <summary>
/// Reading messages against Debian's libhttp-parser (C), on the same bytes, in turn; the least of many batches. The C parser has
/// no callbacks set, which is the least it can do: it finds the message's end and keeps nothing.
/// </summary>
internal static unsafe partial class HeadParsing
{
    /// <summary>The argument that measures this alone.</summary>
    public const string Argument = "heads";

    private const int Batches = 300;
    private const int MessagesPerBatch = 1_000;
    private static readonly byte[] Settings = new byte[256]; // struct http_parser_settings: function pointers, none set

    private static readonly (string Name, bool IsResponse, byte[] Bytes)[] Messages =
    [
        ("small GET", false, Bytes("GET /x HTTP/1.1\r\nHost: 127.0.0.1:8098\r\n\r\n")),
        ("browser GET", false, Bytes(
            "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\nHost: www.kittyhell.com\r\n" +
            "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) Gecko/20100401 Firefox/3.6.3 "
                + "Pathtraq/0.9\r\n" +
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: ja,en-us;q=0.7,en;q=0.3\r\n" +
            "Accept-Encoding: gzip,deflate\r\nAccept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\nKeep-Alive: 115\r\nConnection: "
                + "keep-alive\r\n" +
            "Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; "
                + "__utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; " +
            "__utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|utmcct=/reader/|utmcmd=referral\r\n\r\n")),
        ("response, 40 fields", true, Bytes(
            "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 39)
                .Select(i => $"X-Field-Number-{i}: some value of {i} that is as long as most\r\n")) + "Content-Length: 5\r\n\r\nhello")),
        ("chunked response, 10 x 1 KiB", true, Bytes(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                + string.Concat(Enumerable.Repeat($"400\r\n{new string('a', 1024)}\r\n", 10)) + "0\r\n\r\n")),
        ("response, 1 MiB", true, Bytes($"HTTP/1.1 200 OK\r\nContent-Length: {1 << 20}\r\n\r\n{new string('a', 1 << 20)}")),
    ];

    public static void Run()
    {
        Console.WriteLine("reading a message, the least of many batches; allocated: bytes a message of ours");
        Console.WriteLine($"  {"",-36}{"bytes",10}{"ours ns",10}{"libhttp-parser ns",19}{"ratio",8}{"allocated",11}");
        double floor = Least(1_000, static () => Nothing());
        foreach (var (name, isResponse, bytes) in Messages)
        {
            int messages = bytes.Length > 100_000 ? 50 : MessagesPerBatch;
            Func<bool> ours = isResponse ? () => ReadResponse(bytes) : () => ReadRequest(bytes);
            Func<bool> theirs = () => ReadByLibrary(bytes, isResponse);
            double our = double.MaxValue, their = double.MaxValue;
            for (int round = 0; round < 5; round++)
            {
                our = double.Min(our, Least(messages, ours));
                their = double.Min(their, Least(messages, theirs));
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < messages; i++) ours();
            double allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)messages;
            Console.WriteLine($"  {name,-36}{bytes.Length,10}{our - floor,10:F0}{their - floor,19:F0}{(our - floor) / (their - floor),8:P0}{allocated,11:F0}");
        }

        Console.WriteLine($"  (the loop itself, {floor:F1} ns a message, is taken off)");
        Console.WriteLine();
    }

    private static double Least(int messages, Func<bool> read)
    {
        long least = long.MaxValue;
        for (int batch = 0; batch < Batches; batch++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < messages; i++)
            {
                if (!read()) throw new InvalidOperationException("the message was not read to its end");
            }

            least = Math.Min(least, Stopwatch.GetTimestamp() - started);
        }

        return least * 1e9 / Stopwatch.Frequency / messages;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Nothing() => true;

    private static bool ReadRequest(byte[] bytes) =>
        HeadReader.TryReadRequest(bytes, out var head, out _) == OperationStatus.Done
            && ReadBody(BodyLength.OfRequest(head), bytes, head.Length);

    private static bool ReadResponse(byte[] bytes) =>
        HeadReader.TryReadResponse(bytes, out var head, out _) == OperationStatus.Done
            && ReadBody(BodyLength.OfResponse(head, RequestMethod.Get), bytes, head.Length);

    private static bool ReadBody(BodyLength length, byte[] bytes, int from) =>
        new BodyReader(length).Read(bytes.AsSpan(from), out int consumed) == OperationStatus.Done && from + consumed == bytes.Length;

    private static bool ReadByLibrary(byte[] bytes, bool isResponse)
    {
        byte* parser = stackalloc byte[64]; // struct http_parser: 32 bytes
        fixed (byte* data = bytes, settings = Settings)
        {
            http_parser_init(parser, isResponse ? 1 : 0);
            return http_parser_execute(parser, settings, data, bytes.Length) == bytes.Length;
        }
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    [LibraryImport("libhttp_parser.so.2.9"), SuppressGCTransition]
    private static partial void http_parser_init(byte* parser, int type);

    [LibraryImport("libhttp_parser.so.2.9"), SuppressGCTransition]
    private static partial nint http_parser_execute(byte* parser, byte* settings, byte* data, nint length);
}
