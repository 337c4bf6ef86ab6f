using Microsoft.Extensions.Logging;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture;
using NetProfiler.Capture.Sockets;
using NetProfiler.Capture.Tls;

namespace NetProfiler.Node.Cluster;

/// <summary>The kernel side of a node: there while a task captures, and not a moment longer. The agent's own loop only.</summary>
internal sealed partial class NodeCapture(CaptureOptions options, AgentLoop loop, CapturedContainers containers, TimeProvider time,
    ILogger<NodeCapture> logger) : IDisposable
{
    /// <summary>How long a machine that cannot be profiled is left alone.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);

    private CaptureSession? _session;
    private long _failed;

    public bool IsRunning => _session is not null;

    /// <summary>Why this machine cannot be profiled, and the mend; null: it can, as far as is known.</summary>
    public string? Fault { get; private set; }

    /// <summary>Worth an attempt.</summary>
    public bool MayStart => _session is null && (Fault is null || time.GetElapsedTime(_failed) >= RetryPause);

    public bool Has(ContainerIdentity container) => _session is not null && containers.Has(container);

    /// <summary>Loads and attaches it. False: <see cref="Fault"/> says why not.</summary>
    public async Task<bool> StartAsync()
    {
        SocketScan sockets;
        try
        {
            // Takes a second, which nobody should wait for on a thread that others need.
            sockets = await Task.Run(SocketScan.Read).ConfigureAwait(false);
            _session = await Task.Run(() => CaptureSession.Start(new CaptureTargets { AreChanging = true }, options)).ConfigureAwait(false);
        }
        catch (CaptureUnavailableException fault)
        {
            Fault = $"{fault.Message}: {fault.Mend}";
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

    /// <summary>Detaches; what was captured until then is counted when this has ended.</summary>
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
