using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NetProfiler.Node.Tests.Support;
using NetProfiler.Operator.Hosting;

namespace NetProfiler.Operator.Tests;

/// <summary>The program itself, without an API server.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _kubeconfig = Path.GetTempFileName();
    private readonly HttpClient _http = new();

    [Fact]
    public async Task Without_an_api_server_it_lives_is_not_ready_and_ends_when_asked()
    {
        int port = FreePort.Take();
        using var process = Start(port);
        Assert.Equal(HttpStatusCode.OK, (await AnswerAsync(port, "healthz")).Status);
        var (status, text) = await AnswerAsync(port, "readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("not listed yet: networkprofilingtasks", text, StringComparison.Ordinal);
        var metrics = (await AnswerAsync(port, "metrics")).Text;
        Assert.Contains("process_cpu_seconds_total", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("netprofiler_task", metrics, StringComparison.Ordinal); // the leader's to say

        Assert.Equal(0, Kill(process.Id, 15));
        using var patience = new CancellationTokenSource(Patience);
        var log = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(ExitCode.Done, process.ExitCode);
        Assert.Contains("\"Message\":\"Stopped\"", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_in_use_ends_it_with_1_and_says_so()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var process = Start(((IPEndPoint)taken.LocalEndpoint).Port);
        using var patience = new CancellationTokenSource(Patience);
        var error = await process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(ExitCode.Failed, process.ExitCode);
        Assert.Contains("address already in use", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        File.Delete(_kubeconfig);
        _http.Dispose();
    }

    private Process Start(int port)
    {
        File.WriteAllText(_kubeconfig, """
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
            contexts: [{name: c, context: {cluster: c, user: u}}]
            users: [{name: u, user: {}}]
            current-context: c
            """);
        string program = Path.Combine(AppContext.BaseDirectory, "netprofiler-operator.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, "--kubeconfig", _kubeconfig, "--metrics-listen", $"127.0.0.1:{port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>As soon as it answers at all.</summary>
    private async Task<(HttpStatusCode Status, string Text)> AnswerAsync(int port, string path)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                using var response = await _http.GetAsync($"http://127.0.0.1:{port}/{path}");
                return (response.StatusCode, await response.Content.ReadAsStringAsync());
            }
            catch (HttpRequestException) when (waited.Elapsed < Patience)
            {
                // Not listening yet.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
