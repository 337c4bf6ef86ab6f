using System.Diagnostics;
using System.Globalization;
using NetProfiler.Capture.Sockets;

namespace NetProfiler.Capture.Tests;

public sealed class SocketScanTests
{
    // The server runs on a second thread; exit(2), system call 60 on x86-64 and 93 on arm64, ends the main thread alone.
    private const string Program = """
        import ctypes, platform, socket, threading, time
        s = socket.create_server(('127.0.0.1', 0))
        print(s.getsockname()[1], flush=True)
        threading.Thread(target=time.sleep, args=(30,)).start()
        ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)
        """;

    [SkippableFact]
    public async Task A_server_whose_main_thread_has_ended_is_found()
    {
        Skip.IfNot(File.Exists("/usr/bin/python3"), "needs python3");
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Program);
        using var process = System.Diagnostics.Process.Start(start)!;
        try
        {
            int port = int.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            for (int i = 0; i < 100 && !(await File.ReadAllTextAsync($"/proc/{process.Id}/stat"))
                .Contains(") Z ", StringComparison.Ordinal); i++)
                await Task.Delay(20);
            var listener = Assert.Single(SocketScan.Read().Listeners, listener => listener.ProcessId == process.Id);
            Assert.Equal(port, listener.Local.Port);
            Assert.StartsWith("python3", listener.Name, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }
}
