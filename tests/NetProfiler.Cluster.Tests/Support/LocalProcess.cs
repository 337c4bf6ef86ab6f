using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace NetProfiler.Cluster.Tests.Support;

/// <summary>A program that runs beside the tests. Closing its input ends it, or the signal that ends everything.</summary>
internal sealed partial class LocalProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _said = [];
    private readonly Task _reading;

    public LocalProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        _process = Process.Start(Tool.StartInfo(program, arguments, environment))!;
        _reading = Task.WhenAll(Read(_process.StandardOutput), Read(_process.StandardError))
            .ContinueWith(_ => _lines.Writer.Complete(), TaskScheduler.Default);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything that it said until now.</summary>
    public string Said
    {
        get
        {
            lock (_said) return string.Join('\n', _said);
        }
    }

    /// <summary>The next line that holds the text.</summary>
    public async Task<string> Says(string text, TimeSpan patience)
    {
        using var time = new CancellationTokenSource(patience);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(time.Token))
                if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{text}' was not said within {patience}:\n{Said}");
        }

        throw new InvalidOperationException($"'{text}' was not said before the end:\n{Said}");
    }

    public void Signal(Signals signal)
    {
        if (!_process.HasExited) _ = Kill(_process.Id, (int)signal);
    }

    public async Task<int> Ended(TimeSpan patience)
    {
        using var time = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} did not end within {patience}:\n{Said}");
        }

        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            Signal(Signals.Terminate);
            Signal(Signals.Continue);
            using var time = new CancellationTokenSource(StopTime);
            await _process.WaitForExitAsync(time.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task Read(StreamReader text)
    {
        while (await text.ReadLineAsync() is { } line)
        {
            lock (_said) _said.Add(line);
            await _lines.Writer.WriteAsync(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}

internal enum Signals
{
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
