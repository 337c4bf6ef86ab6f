using System.Diagnostics;
using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A network namespace of a test's own, with a loopback and nothing else.</summary>
internal sealed class NetNamespace : IAsyncDisposable
{
    private static int _count;

    private NetNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetNamespace> CreateAsync()
    {
        var made = new NetNamespace($"nptcp-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        await ChildProcess.RunAsync("ip", "netns", "add", made.Name);
        await made.RunAsync("ip", "link", "set", "lo", "up");
        return made;
    }

    public Task<List<string>> RunAsync(params string[] command) => ChildProcess.RunAsync("ip", ["netns", "exec", Name, .. command]);

    /// <summary>A counter of /proc/net/snmp or netstat, of this namespace alone.</summary>
    public async Task<long> CounterAsync(string file, string group, string name)
    {
        var lines = (await RunAsync("cat", $"/proc/net/{file}")).Where(line => line.StartsWith(group + ":", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name)], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await ChildProcess.RunAsync("ip", "netns", "del", Name);
}

/// <summary>A program of Programs/tcp.py in a namespace: a line in, a line out.</summary>
internal sealed class TcpProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private TcpProgram(Process process) => _process = process;

    public int Id { get; private set; }

    public static async Task<TcpProgram> StartAsync(NetNamespace where, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", where.Name, "python3", Programs.File("tcp.py"), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        var program = new TcpProgram(process);
        program.Id = int.Parse((await program.AnswerAsync()).Split(' ')[1], CultureInfo.InvariantCulture);
        return program;
    }

    public async Task<string> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        return await AnswerAsync();
    }

    /// <summary>Says it, and does not wait for an answer.</summary>
    public Task TellAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    public async Task<string> AnswerAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("tcp.py ended");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
