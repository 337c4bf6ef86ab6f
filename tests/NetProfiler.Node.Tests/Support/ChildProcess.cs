using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace NetProfiler.Node.Tests.Support;

internal enum Signal
{
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
}

/// <summary>A program in a process group of its own, which does not outlive its test.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly ConcurrentDictionary<int, bool> Groups = new();

    private readonly Process _process;
    private readonly string _name;
    private readonly Task<List<string>> _output;
    private readonly Task<List<string>> _errors;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();
    private readonly ConcurrentQueue<string> _seen = new();

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (int group in Groups.Keys) _ = kill(-group, (int)Signal.Kill);
    };

    private ChildProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        Groups[Id] = true;
        _output = CollectAsync(process.StandardOutput);
        _errors = CollectAsync(process.StandardError);
    }

    public int Id => _process.Id;

    public Task<List<string>> Output => _output;

    public Task<List<string>> Errors => _errors;

    /// <summary>The first lines of output and errors so far.</summary>
    public IEnumerable<string> Seen => _seen;

    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        // setsid makes the child the leader of its own group and then becomes the program: the id stays.
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/",
        };
        start.ArgumentList.Add(program.Contains('/') ? program : Live.PathOf(program));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return new ChildProcess(Process.Start(start)!, Path.GetFileName(program));
    }

    /// <summary>Starts a program, and says what it wrote when it ends with anything but zero.</summary>
    public static async Task<List<string>> RunAsync(string program, params string[] arguments)
    {
        await using var child = Start(program, arguments);
        int code = await child.WaitAsync();
        if (code != 0) throw new InvalidOperationException($"{program} ended with {code}:\n{await child.SaidAsync()}");
        return await child.Output;
    }

    /// <summary>A line of standard input.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public void Send(Signal signal) => _ = kill(Id, (int)signal);

    /// <summary>Waits for a line of output or errors that contains the text.</summary>
    public async Task WaitForLineAsync(string text)
    {
        var awaited = _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (_seen.Any(line => line.Contains(text, StringComparison.Ordinal))) return;
        // Of a program that has ended, what it said is read to its end.
        await Task.WhenAny(awaited.Task, Task.WhenAll(_output, _errors), Task.Delay(Patience));
        if (!awaited.Task.IsCompleted)
            throw new InvalidOperationException($"{_name} never said \"{text}\":\n{string.Join('\n', _seen)}{ThreadsOf(Id)}");
    }

    /// <summary>What each thread waits for: where a program hangs, that is the question.</summary>
    private static string ThreadsOf(int process)
    {
        var lines = new StringBuilder();
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                string stack = File.ReadAllText($"{thread}/stack");
                lines.Append(CultureInfo.InvariantCulture,
                    $"\n{File.ReadAllText($"{thread}/comm").Trim()}: {File.ReadAllText($"{thread}/syscall").Trim()}\n{stack}");
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            lines.Append("\n(").Append(gone.Message).Append(')');
        }

        return lines.ToString();
    }

    /// <summary>Waits until the program accepts connections.</summary>
    public async Task WaitForPortAsync(EndPoint address)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(address);
                return;
            }
            catch (SocketException) when (DateTime.UtcNow < deadline && !_process.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public async Task<int> WaitAsync(TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_name} did not end:\n{string.Join('\n', _seen.TakeLast(20))}");
        }

        return _process.ExitCode;
    }

    public async Task<string> SaidAsync() => string.Join('\n', (await _errors).Concat(await _output).Take(40));

    public async ValueTask DisposeAsync()
    {
        _ = kill(-Id, (int)Signal.Kill);
        await _process.WaitForExitAsync();
        Groups.TryRemove(Id, out _);
        _process.Dispose();
    }

    private async Task<List<string>> CollectAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (lines.Count > 1000) continue; // what is waited for comes early
            _seen.Enqueue(line);
            foreach (var (text, awaited) in _awaited)
            {
                if (line.Contains(text, StringComparison.Ordinal)) awaited.TrySetResult();
            }
        }

        return lines;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
