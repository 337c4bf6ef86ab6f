using System.Runtime.InteropServices;

namespace NetProfiler.Cli;

/// <summary>SIGINT, SIGTERM and SIGHUP request an orderly end; a second one ends the process at once.</summary>
/// <remarks>An ignored SIGHUP stays ignored, as nohup requires.</remarks>
public sealed unsafe partial class StopSignals : IDisposable
{
    private const int Interrupt = 2; // SIGINT
    private const nint Default = 0;  // SIG_DFL
    private const nint Ignored = 1;  // SIG_IGN
    private const int ActionWords = 32; // struct sigaction is smaller, and begins with the handler

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM,
            PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            if (_stop.IsCancellationRequested) return; // the default action of the signal
            context.Cancel = true;
            _stop.Cancel();
        })),
    ];

    public CancellationToken Token => _stop.Token;

    /// <summary>
    /// Enables SIGINT if it was inherited as ignored: a shell without job control ignores it for processes that it starts with &amp;. Must
    /// be called first, because the runtime preserves an ignored signal from its first use on.
    /// </summary>
    public static void AcceptInterrupt()
    {
        if (!OperatingSystem.IsLinux()) return;
        nint* action = stackalloc nint[ActionWords];
        if (sigaction(Interrupt, null, action) == 0 && action[0] == Ignored) _ = signal(Interrupt, Default);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int number, nint* action, nint* former);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
