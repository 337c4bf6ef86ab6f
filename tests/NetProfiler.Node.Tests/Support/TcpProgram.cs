using System.Diagnostics;
using System.Globalization;

namespace NetProfiler.Node.Tests.Support;

/// <summary>A program of Programs/tcp.py in a namespace: a line in, a line out.</summary>
internal sealed class TcpProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private TcpProgram(Process process) => _process = process;

    public int Id { get; private set; }

    public static async Task<TcpProgram> StartAsync(NetNamespace where, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo("ip", where.Inside("python3", [Programs.File("tcp.py"), .. arguments]))
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
