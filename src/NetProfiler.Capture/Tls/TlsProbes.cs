using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Win32.SafeHandles;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// Probes the TLS libraries of target processes, process by process: those that run, and those that start or load a library later.
/// </summary>
/// <remarks>
/// A thread of its own looks and attaches, since that takes milliseconds. The ring-buffer thread tells it of processes, and never waits for
/// it. Whatever dies, the kernel detaches: links are held by file descriptors alone.
/// </remarks>
internal sealed class TlsProbes : IDisposable
{
    /// <summary>How long a process that has ended is remembered: its connections end after it.</summary>
    private const long LingerNanoseconds = 10_000_000_000;

    /// <summary>A process without a library may have ended before its library was found, for so long after its start.</summary>
    private const long SettlingNanoseconds = 500_000_000;

    private const long MillisecondNanoseconds = 1_000_000;

    /// <summary>
    /// Reports of processes that wait for the thread; further ones are left out, and the process is found when it opens a connection.
    /// </summary>
    private const int MaxNews = 65_536;

    private readonly ProcessProbes _probes;
    private readonly TransportProbes _transports;
    private readonly TlsMaps _maps;
    private readonly ConcurrentDictionary<int, ProbedProcess> _processes = new();
    private readonly ConcurrentQueue<(int Process, News News)> _news = new();
    private readonly AutoResetEvent _hasNews = new(false);
    private readonly BlockingCollection<(SafeFileHandle? Link, int Released)> _leaving = [];
    private readonly ConcurrentDictionary<int, bool> _releasing = new();
    private readonly Thread _thread;
    private readonly Thread _closing;
    private long _waiting;
    private volatile bool _isStopping;

    public TlsProbes(LibraryProbes attacher, TlsMaps maps)
    {
        (_probes, _maps) = (new ProcessProbes(attacher, maps), maps);
        _transports = new TransportProbes(_probes, maps);
        _thread = new Thread(Run) { Name = "tls-probes", IsBackground = true };
        _closing = new Thread(Close) { Name = "tls-detach", IsBackground = true };
    }

    /// <summary>Processes whose TLS library could not be probed, and looks that failed; and why the latest did.</summary>
    public (long Count, string? Latest) Failures => (_probes.Failures, _probes.LatestFailure);

    public int Processes => _processes.Count;

    /// <summary>Whether every reported process has been examined. Any thread.</summary>
    public bool IsIdle => Interlocked.Read(ref _waiting) == 0;

    /// <summary>The processes to probe. Any thread.</summary>
    public Func<int, bool> IsWanted { get; init; } = _ => true;

    /// <summary>Probes the processes that run, and returns when that is done; then follows the others.</summary>
    public void Start(IEnumerable<int> processes)
    {
        foreach (int process in processes) Look(process, _processes.GetOrAdd(process, _ => new ProbedProcess(MonotonicClock.Nanoseconds)));
        _thread.Start();
        _closing.Start();
    }

    /// <summary>
    /// Probes this machine's TLS libraries in every process, so that of a target that starts later nothing is missed: a probe takes effect
    /// some 20 milliseconds after a process was found. Other processes pay for each hit. Before <see cref="Start"/>.
    /// </summary>
    public void ProbeEverywhere() => _probes.ProbeEverywhere();

    public TlsSession SessionOf(ushort library, uint version) => _probes.SessionOf(library, version);

    /// <summary>A target was forked, or executes another program. Any thread.</summary>
    /// <param name="isUnbound">It was not: it moves plaintext on a session whose connection is not known.</param>
    public void OnProcess(int process, bool isUnbound) => Tell(process, isUnbound ? News.Unbound : News.Program);

    /// <summary>A target opened a connection: a process without a TLS library may have loaded one. Any thread; costs a look-up.</summary>
    public void OnConnection(int process)
    {
        if (!_processes.TryGetValue(process, out var known) || (known.AttachedNanoseconds == 0 && !known.IsUnsupported && !known.IsNew))
            Tell(process, News.Program);
    }

    /// <summary>A target exited. Any thread.</summary>
    public void OnExit(int process) => Tell(process, News.Gone);

    /// <summary>
    /// The TLS of a running process is no longer read: its sessions are removed, because calls on them are missed from now on. Any thread.
    /// </summary>
    public void OnRelease(int process) => Tell(process, News.Released);

    /// <summary>Whether the process is probed, or was examined for that, until a while after its end. Any thread.</summary>
    public bool HasLooked(int process) => _processes.ContainsKey(process);

    /// <summary>Why no session was bound to a TLS connection of this process. Any thread.</summary>
    public TlsUnreadReason WhyUnread(int process, long openedNanoseconds)
    {
        if (!_processes.TryGetValue(process, out var known)) return TlsUnreadReason.AttachedLater;
        if (known.IsUnsupported && known.AttachedNanoseconds == 0) return TlsUnreadReason.Unsupported;
        if (known.AttachedNanoseconds != 0)
            return openedNanoseconds < known.AttachedNanoseconds ? TlsUnreadReason.AttachedLater : TlsUnreadReason.Unbound;
        return openedNanoseconds < known.SeenNanoseconds + SettlingNanoseconds ? TlsUnreadReason.AttachedLater : TlsUnreadReason.NoLibrary;
    }

    public void Dispose()
    {
        if (_isStopping) return;
        _isStopping = true;
        _hasNews.Set();
        if (_thread.IsAlive) _thread.Join();
        Leave(_transports.TakeDue(isEnd: true));
        Leave(_probes.TakeLinksEverywhere());
        foreach (var process in _processes.Values) Leave(process.TakeLinks());
        _leaving.CompleteAdding();
        if (_closing.IsAlive) _closing.Join();
        else Close(); // was not started
        _leaving.Dispose();
        _hasNews.Dispose();
    }

    private void Tell(int process, News news)
    {
        if (_isStopping || _news.Count >= MaxNews || (news == News.Program && !IsWanted(process))) return;
        Interlocked.Increment(ref _waiting);
        _news.Enqueue((process, news));
        _hasNews.Set();
    }

    private void Run()
    {
        int wait = Timeout.Infinite;
        while (!_isStopping)
        {
            _hasNews.WaitOne(wait);
            while (_news.TryDequeue(out var one))
            {
                Take(one.Process, one.News);
                Interlocked.Decrement(ref _waiting);
            }

            wait = LookAtDue();
        }
    }

    private void Take(int process, News news)
    {
        if (news == News.Unbound)
        {
            if (_processes.TryGetValue(process, out var unbound)) _transports.Attach(process, unbound);
            return;
        }

        if (news is News.Gone or News.Released)
        {
            if (!_processes.TryGetValue(process, out var gone) || gone.EndedNanoseconds != 0) return;
            if (news == News.Released) _releasing[process] = true;
            End(gone);
            if (news == News.Released) _leaving.Add((null, process));
            return;
        }

        // The number of one that has ended may be another's.
        if (_processes.TryGetValue(process, out var known) && known.EndedNanoseconds != 0) _processes.TryRemove(process, out _);
        var state = _processes.GetOrAdd(process, _ => new ProbedProcess(MonotonicClock.Nanoseconds));
        state.StartAgain();
        Look(process, state);
    }

    /// <summary>Looks at processes whose time has come; returns how long nothing is due, in milliseconds.</summary>
    private int LookAtDue()
    {
        Leave(_transports.TakeDue());
        long next = _transports.DueNanoseconds;
        bool isForgotten = false;
        foreach (var (process, state) in _processes)
        {
            long now = MonotonicClock.Nanoseconds;
            if (state.EndedNanoseconds != 0)
            {
                long until = state.EndedNanoseconds + LingerNanoseconds;
                if (now < until) next = long.Min(next, until);
                else isForgotten |= _processes.TryRemove(process, out _);
                continue;
            }

            if (now >= state.DueNanoseconds) Look(process, state);
            next = long.Min(next, state.EndedNanoseconds != 0 ? state.EndedNanoseconds + LingerNanoseconds : state.DueNanoseconds);
        }

        if (isForgotten) _maps.Sweep(FrozenSet<int>.Empty);
        return next == long.MaxValue ? Timeout.Infinite
            : (int)long.Max(0, (next - MonotonicClock.Nanoseconds + MillisecondNanoseconds - 1) / MillisecondNanoseconds);
    }

    private void Look(int process, ProbedProcess state)
    {
        // While its earlier probes are being detached, a process is not probed again: each call would be captured twice.
        if (!_releasing.ContainsKey(process)) _probes.Look(process, state);
        Plan(process, state);
    }

    // The end of a process may not have been reported.
    private void Plan(int process, ProbedProcess state)
    {
        if (state.IsNew || Directory.Exists($"/proc/{process}")) state.PlanNext(_processes.Count);
        else End(state);
    }

    private void End(ProbedProcess state)
    {
        Leave(_probes.TakeLinks(state));
        state.EndedNanoseconds = MonotonicClock.Nanoseconds;
    }

    // It takes the kernel tens of milliseconds, in which others wait for their probes.
    private void Leave(IEnumerable<SafeFileHandle> links)
    {
        foreach (var link in links) _leaving.Add((link, 0));
    }

    // One sweep of the kernel's sessions for all processes that were released together.
    private void Close()
    {
        var released = new HashSet<int>();
        foreach (var (link, process) in _leaving.GetConsumingEnumerable())
        {
            link?.Dispose();
            if (link is null) released.Add(process);
            if (_leaving.Count > 0 || released.Count == 0) continue;
            _maps.Sweep(released);
            foreach (int one in released) _releasing.TryRemove(one, out _);
            released.Clear();
        }
    }

    private enum News : byte
    {
        Program,
        Gone,
        Released,
        Unbound,
    }
}
