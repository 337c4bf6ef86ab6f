using System.Diagnostics;

namespace NetProfiler.Benchmarks;

/// <summary>The operator's native executable, working for a server on loopback.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _kubeconfig;

    private OperatorProcess(Process process, string kubeconfig) => (_process, _kubeconfig) = (process, kubeconfig);

    /// <summary>User and system time so far.</summary>
    public double CpuSeconds => ProcFigures.Cpu(_process.Id) is var (user, system) ? user + system : 0;

    /// <summary>The most that was resident at any time.</summary>
    public double PeakMegabytes => ProcFigures.Megabytes(_process.Id, "VmHWM");

    public static async Task<OperatorProcess> StartAsync(string path, string server, string @namespace)
    {
        string kubeconfig = Path.GetTempFileName();
        await File.WriteAllTextAsync(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: scale, cluster: {server: "{{{server}}}"}}]
            users: [{name: scale, user: {}}]
            contexts: [{name: scale, context: {cluster: scale, user: scale}}]
            current-context: scale
            """);
        string[] arguments = ["--kubeconfig", kubeconfig, "--namespace", @namespace, "--metrics-listen", "127.0.0.1:0", "--log-level",
            "Warning"];
        return new(Process.Start(new ProcessStartInfo(path, arguments))!, kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_kubeconfig);
    }
}
