using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;
using NetProfiler.Analysis.Peers;
using NetProfiler.Analysis.Redaction;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Analysis.Traces;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Results;

namespace NetProfiler.Web.Tests.Support;

/// <summary>Results as they are said to be: a source with one task, filled row by row.</summary>
internal sealed class StubResults : IResultsSource, ITaskResults
{
    public const long Start = 1_767_323_045_123_456_789;

    private static readonly SampleContent Content = new(new RedactionPolicy(SecretNames.Default, new Masker("a key of the tests"u8)));

    public SourceInfo Info { get; set; } = new(SourceKind.Run, "comm shop", "0.1.0");

    public IReadOnlyList<ITaskResults> Tasks => HasTask ? [this] : [];

    public bool HasTask { get; set; } = true;

    public string Namespace => "local";

    public string Name { get; set; } = "shop";

    public RequestTable Requests { get; } = new();

    public TaskState State { get; set; } = new(TaskPhase.Running, Start / 1000, (Start / 1000) + 60_000_000, [], Exactness.Of(0, []), null);

    public IReadOnlyList<Call> Calls { get; set; } = [];

    public IReadOnlyList<TcpPair> Tcp { get; set; } = [];

    public ValueTask<TaskState> StateAsync(CancellationToken cancellation) => ValueTask.FromResult(State);

    public ValueTask<IReadOnlyList<Call>> CallsAsync(int most, CancellationToken cancellation) => ValueTask.FromResult(Calls);

    public ValueTask<IReadOnlyList<TcpPair>> TcpAsync(CancellationToken cancellation) => ValueTask.FromResult(Tcp);

    /// <summary>
    /// Both views of one request of web to shop that took 348 ms, of which shop's application took 304; the server's has content.
    /// </summary>
    public static StubResults WithOneExchange()
    {
        var results = new StubResults
        {
            Calls = [new Call(new Party(PartyKind.Process, null, "web"), new Party(PartyKind.Workload, "shop", "Deployment/cart"), null,
                new Edge(EndpointRole.Server, Of("shop"), Of("web")))],
            Tcp = [new TcpPair("shop", "web", "server") { Opened = 2, Closed = new Dictionary<string, long> { ["fin"] = 1 },
                ReadBytes = 120, WriteBytes = 853, RoundTrip = 42.5 }],
        };
        results.State = results.State with
        {
            Totals = [new ProcessTotals("shop", "server", 1, 0, 1, 304_000, 304_000, 304_000, 304_000, 2),
                new ProcessTotals("web", "client", 1, 0, 1, 348_000, 348_000, 348_000, 348_000, 0)],
            Exactness = Exactness.Of(2, [new Loss("connections left alone, TLS", 3, LossKind.LeftAlone)]),
        };
        var sample = Sample("POST /checkout?id=1&token=hunter2 HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer hunter2\r\nContent-Type: "
            + "application/json\r\nContent-Length: 8\r\n\r\n{\"id\":1}");
        results.Requests.Samples.Add(sample);
        results.Add(Server("POST", sample.Target)
            with { Status = 500, Sample = sample.Id.Bits, SampledAs = SampledAs.ServerError, Host = "shop" }, Key(0));
        results.Add(Client("POST", sample.Target) with { Status = 500 }, Key(0));
        return results;
    }

    public void Add(RequestRow row, JoinKey? key = null) => Requests.Add(ref row, key);

    public static JoinKey Key(ulong position) =>
        new(EndpointAddress.IPv4([10, 0, 0, 2], 41234), EndpointAddress.IPv4([10, 0, 0, 1], 80), 0, position, position);

    public static RequestRow Server(string method = "GET", string target = "/cart", int status = 200) =>
        Row(EndpointRole.Server, method, target, status) with
    {
        StartNanoseconds = Start + 22_000_000,
        DurationNanoseconds = 304_000_000,
        Phases = ExchangePhases.OfServer(1, 65_001, 66_001, 303_900_001, 304_065_001),
        Process = "shop",
        Peer = "web",
        Local = "10.0.0.1:80",
        Remote = "10.0.0.2:41234",
    };

    public static RequestRow Client(string method = "GET", string target = "/cart", int status = 200) =>
        Row(EndpointRole.Client, method, target, status) with
    {
        StartNanoseconds = Start,
        DurationNanoseconds = 348_000_000,
        Phases = ExchangePhases.OfClient(1, 28_001, 304_000_001, 304_068_001, 348_000_001),
        Process = "web",
        Peer = "shop",
        Local = "10.0.0.2:41234",
        Remote = "10.0.0.1:80",
    };

    public static ShownSample Sample(string request,
        string response = "HTTP/1.1 500 Oh no\r\nContent-Type: text/plain\r\nSet-Cookie: id=hunter2\r\nContent-Length: 6\r\n\r\nbroken",
        ulong id = 0x1122334455667788)
    {
        return Content.Show(new Sample
        {
            Id = new SpanId(id),
            Rule = "default",
            SampledAs = SampledAs.ServerError,
            Content = new ContentPolicy(CollectedContent.Full, CollectedContent.Full, ContentPolicy.MaxMessageBytes,
                ContentPolicy.MaxMessageBytes),
            Trace = new TraceReference { Format = TraceFormat.W3C, Decision = default, TraceId = "0af7651916cd43dd8448eb211c80319c",
                SpanId = "b7ad6b7169203331" },
            Role = EndpointRole.Server,
            Process = new ProcessIdentity(7, "shop"),
            Local = "10.0.0.1:80",
            Remote = "10.0.0.2:41234",
            Status = 500,
            Request = Message(request, SocketCall.Read, Direction.Ingress, 22_000_000, 22_001_000),
            Response = Message(response, SocketCall.Write, Direction.Egress, 325_900_000, 326_000_000),
            StartUnixNanoseconds = Start + 22_000_000,
            DurationNanoseconds = 304_000_000,
            TimeToFirstByteNanoseconds = 303_990_000,
        });
    }

    private static SampledMessage Message(string text, SocketCall call, Direction direction, long start, long end)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int head = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        return new SampledMessage
        {
            Head = bytes.AsMemory(0, head),
            Body = bytes.AsMemory(head),
            Bytes = bytes.Length,
            BodyBytes = bytes.Length - head,
            StartUnixNanoseconds = Start + start,
            EndUnixNanoseconds = Start + end,
            Calls = [new SampledCall(call, direction, bytes.Length, Start + start, Start + end)],
        };
    }

    private static RequestRow Row(EndpointRole role, string method, string target, int status) => new()
    {
        Role = role, Method = method, Target = target, Status = status, Host = "", Rule = "default", ProcessId = 7,
        TimeToFirstByteNanoseconds = 303_990_000,
        RequestBytes = 120, ResponseBytes = 853, RoundTripMicroseconds = 340,
    };

    private static Party Of(string process) => new(PartyKind.Process, null, process);
}
