using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace NetProfiler.Node.Tests.Support;

/// <summary>One exchange as <c>--output json --print exchanges</c> tells it.</summary>
internal sealed record Seen(
    DateTimeOffset Time, string Role, SeenProcess Process, string Local, string Remote, string Method, string Target, string? Host,
    int Status, string Version,
    long RequestBytes, long RequestBodyBytes, long ResponseBytes, long ResponseBodyBytes,
    long DurationMicroseconds, long TimeToFirstByteMicroseconds, string? Sampled,
    SeenPhases Phases, long RoundTripMicroseconds, long Retransmissions)
{
    /// <summary>Who ended the connection within the response; null: the response is whole, or was not begun.</summary>
    public string? Incomplete { get; init; }

    /// <summary>Read from a TLS session.</summary>
    public bool Tls { get; init; }

    /// <summary>"1.2", "1.3"; null for clear text.</summary>
    public string? TlsVersion { get; init; }

    public string? TlsLibrary { get; init; }

    /// <summary>"assumed", or null.</summary>
    public string? Pairing { get; init; }

    /// <summary>"unanswered", or null.</summary>
    public string? Outcome { get; init; }

    /// <summary>Who ended the connection before a response began.</summary>
    public string? Reason { get; init; }

    /// <summary>The fields that a task copies, masked; null: there are none.</summary>
    public IReadOnlyDictionary<string, string>? RequestHeaders { get; init; }

    public bool IsUnfinished => Incomplete is not null || Outcome is not null;

    public Fact Fact => new(Method, Target, Status, RequestBytes, ResponseBytes);

    public bool IsServer => Role == "server";

    public int LocalPort => PortOf(Local);

    public int RemotePort => PortOf(Remote);

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
}

/// <summary>Null: the role has no such phase, or it is not known.</summary>
internal sealed record SeenPhases(
    long? QueueMicroseconds, long? ReceiveMicroseconds, long? ApplicationMicroseconds, long? WriteMicroseconds, long? SendMicroseconds,
    long? WaitMicroseconds);

internal sealed record SeenProcess(int Pid, string Comm);

/// <summary>What a run left behind.</summary>
internal sealed record AgentRun(int ExitCode, IReadOnlyList<Seen> Lines, string Summary)
{
    /// <summary>Those with a whole response.</summary>
    public IReadOnlyList<Seen> Exchanges { get; } = [.. Lines.Where(line => !line.IsUnfinished)];

    public IReadOnlyList<Seen> Unfinished { get; } = [.. Lines.Where(line => line.IsUnfinished)];

    /// <summary>A loss counter of the summary; zero when it is not there.</summary>
    public long Counted(string loss) => Summary.Split('\n').Where(line => line.StartsWith($"  {loss}: ", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1))).SingleOrDefault();

    public void AssertNothingLost()
    {
        Assert.Equal(0, ExitCode);
        if (!Summary.Contains("nothing lost, nothing unpaired", StringComparison.Ordinal)) Assert.Fail("losses:\n" + Summary);
    }
}

/// <summary>The published agent, capturing.</summary>
internal sealed class Agent : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ChildProcess _process;

    private Agent(ChildProcess process) => _process = process;

    public int Id => _process.Id;

    public ChildProcess Process => _process;

    /// <summary>artifacts/bin/netprofiler, or what the variable NETPROFILER names.</summary>
    public static string Program => FindProgram();

    /// <summary>Attached, and printing every exchange, when this returns.</summary>
    public static async Task<Agent> StartAsync(params string[] arguments)
    {
        string[] defaults = arguments.Contains("--metrics-listen") ? [] : ["--metrics-listen", "none"];
        var process = ChildProcess.Start(Program, ["run", "--output", "json", "--print", "exchanges", .. defaults, .. arguments]);
        var agent = new Agent(process);
        try
        {
            await process.WaitForLineAsync("netprofiler: capturing");
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Profiles both ends of a listener's connections.</summary>
    public static Task<Agent> StartAtAsync(TcpListener listener, params string[] arguments) =>
        StartAsync(["--port", $"{((IPEndPoint)listener.LocalEndpoint).Port}", .. arguments]);

    public async Task<AgentRun> StopAsync(Signal signal = Signal.Terminate)
    {
        _process.Send(signal);
        return await EndAsync();
    }

    /// <summary>Waits for an end of its own.</summary>
    public async Task<AgentRun> EndAsync()
    {
        int code = await _process.WaitAsync(TimeSpan.FromSeconds(30));
        var exchanges = (await _process.Output).ConvertAll(line => JsonSerializer.Deserialize<Seen>(line, Json)!);
        return new AgentRun(code, exchanges, string.Join('\n', await _process.Errors));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string FindProgram()
    {
        if (Environment.GetEnvironmentVariable("NETPROFILER") is { Length: > 0 } chosen) return chosen;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props"))) continue;
            string program = Path.Combine(folder.FullName, "artifacts/bin/netprofiler");
            return File.Exists(program) ? program : throw new FileNotFoundException($"{program} is missing: run make build");
        }

        throw new FileNotFoundException("the repository's root is not above the tests");
    }
}
