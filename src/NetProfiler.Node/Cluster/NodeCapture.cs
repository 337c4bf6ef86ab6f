using Microsoft.Extensions.Logging;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Sockets;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Node.Cluster;

/// <summary>The kernel side of a node, loaded only while a task captures. Reconcile loop only.</summary>
internal sealed partial class NodeCapture(CaptureOptions options, AgentLoop loop, CapturedContainers containers, TimeProvider time,
    ILogger<NodeCapture> logger) : IDisposable
{
    /// <summary>Pause between two attempts on a machine that cannot be profiled.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);

    private CaptureSession? _session;
    private long _failed;

    public bool IsRunning => _session is not null;

    /// <summary>Why this machine cannot be profiled, with the remedy. Null if it can, as far as is known.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether an attempt to attach is due.</summary>
    public bool MayStart => _session is null && (Fault is null || time.GetElapsedTime(_failed) >= RetryPause);

    public bool Has(ContainerIdentity container) => _session is not null && containers.Has(container);

    /// <summary>Loads and attaches the kernel side. False if that failed; <see cref="Fault"/> is the reason.</summary>
    public async Task<bool> StartAsync()
    {
        SocketScan sockets;
        try
        {
            // Takes about a second, so it runs on another thread.
            sockets = await Task.Run(SocketScan.Read).ConfigureAwait(false);
            _session = await Task.Run(() => CaptureSession.Start(new CaptureTargets { AreChanging = true }, options)).ConfigureAwait(false);
        }
        catch (CaptureUnavailableException fault)
        {
            Fault = $"{fault.Message}: {fault.Remedy}";
            _failed = time.GetTimestamp();
            LogUnavailable(Fault, fault.VerifierLog);
            return false;
        }

        (Fault, TlsFault) = (null, _session.TlsRefusal);
        await loop.BeginAsync(_session, sockets).ConfigureAwait(false);
        LogStarted(_session.Programs, _session.CallsBy);
        return true;
    }

    /// <summary>Why TLS cannot be read on this machine. Null if it can, as far as is known.</summary>
    public string? TlsFault { get; private set; } = TlsSupport.Refusal;

    /// <summary>Captures these containers, as far as they are here, and no others.</summary>
    /// <param name="withTls">Those of them whose TLS is read.</param>
    public void Set(IReadOnlyCollection<ContainerIdentity> wanted, IReadOnlySet<ContainerIdentity> withTls)
    {
        if (_session is { } session) containers.Set(session, wanted, withTls);
    }

    /// <summary>Detaches. What was captured until then is counted when this completes.</summary>
    public async Task StopAsync()
    {
        if (_session is not { } session) return;
        await loop.EndAsync().ConfigureAwait(false);
        _session = null;
        session.Dispose();
        containers.Clear();
        LogStopped();
    }

    public void Dispose() => _session?.Dispose();

    [LoggerMessage(LogLevel.Error, "Failed to attach: {Reason} {VerifierLog}")]
    private partial void LogUnavailable(string reason, string? verifierLog);

    [LoggerMessage(LogLevel.Information, "Attached {Programs} eBPF programs; socket calls are captured at {By}")]
    private partial void LogStarted(int programs, string by);

    [LoggerMessage(LogLevel.Information, "Detached")]
    private partial void LogStopped();
}
