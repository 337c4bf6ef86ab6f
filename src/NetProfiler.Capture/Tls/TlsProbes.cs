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
    /// <summary>Links held, three of each process and library; processes beyond are not probed, and counted.</summary>
    private const int MaxLinks = 2048;

    /// <summary>How long a process that has ended is remembered: its connections end after it.</summary>
    private const long LingerNanoseconds = 10_000_000_000;

    /// <summary>A process without a library may have ended before its library was found, for so long after its start.</summary>
    private const long SettlingNanoseconds = 500_000_000;

    private const long MillisecondNanoseconds = 1_000_000;

    /// <summary>
    /// Reports of processes that wait for the thread; further ones are left out, and the process is found when it opens a connection.
    /// </summary>
    private const int MaxNews = 65_536;

    private readonly LibraryProbes _attacher;
    private readonly LibraryTable _libraries = new();
    private readonly ConcurrentDictionary<int, ProbedProcess> _processes = new();
    private readonly ConcurrentQueue<(int Process, ProcessNews News)> _news = new();
    private readonly AutoResetEvent _hasNews = new(false);
    private readonly BlockingCollection<(SafeFileHandle? Link, int Released)> _leaving = [];
    private readonly ConcurrentDictionary<int, bool> _releasing = new();
    private readonly HashSet<ulong> _everywhere = [];
    private readonly List<SafeFileHandle> _linksEverywhere = [];
    private readonly Action<IReadOnlySet<int>> _sweep;
    private readonly Thread _thread;
    private readonly Thread _closing;
    private long _failures;
    private long _links;
    private long _waiting;
    private volatile bool _isStopping;

    /// <param name="enter">Descriptor of the program that runs at a function's entry.</param>
    /// <param name="leave">Descriptor of the program that runs at its return.</param>
    /// <param name="sweep">Removes the sessions of processes that have ended, and of those that are named.</param>
    public TlsProbes(int enter, int leave, Action<IReadOnlySet<int>> sweep)
    {
        (_attacher, _sweep) = (new LibraryProbes(enter, leave), sweep);
        _thread = new Thread(Run) { Name = "tls-probes", IsBackground = true };
        _closing = new Thread(Close) { Name = "tls-detach", IsBackground = true };
    }

    private enum ProcessNews
    {
        Program,
        Exit,
        Release,
    }

    /// <summary>Which processes are probed; others are left alone. Any thread.</summary>
    public Func<int, bool> IsWanted { get; init; } = _ => true;

    /// <summary>Processes whose TLS library could not be probed, and looks that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The latest failure, as a sentence. Null if there was none.</summary>
    public string? LatestFailure { get; private set; }

    public int Processes => _processes.Count;

    /// <summary>Whether every process that was reported has been looked at. Any thread.</summary>
    public bool IsIdle => Interlocked.Read(ref _waiting) == 0;

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
    public void ProbeEverywhere()
    {
        foreach (var library in ProcessLibraries.Installed())
        {
            using var file = File.OpenHandle(library.Path);
            if (_everywhere.Contains(library.Inode) || _libraries.PlanOf(file, library) is not { } plan) continue;
            _linksEverywhere.AddRange(_attacher.Attach(plan, file, LibraryProbes.EveryProcess));
            _everywhere.Add(library.Inode);
        }
    }

    public TlsSession SessionOf(ushort library, uint version) => _libraries.SessionOf(library, version);

    /// <summary>A target was forked, or executes another program. Any thread.</summary>
    public void OnProgram(int process) => Tell(process, ProcessNews.Program);

    /// <summary>A target opened a connection: a process without a TLS library may have loaded one. Any thread; costs a look-up.</summary>
    public void OnConnection(int process)
    {
        if (!_processes.TryGetValue(process, out var known) || (known.AttachedNanoseconds == 0 && !known.IsUnsupported && !known.IsNew))
            Tell(process, ProcessNews.Program);
    }

    /// <summary>A target ended. Any thread.</summary>
    public void OnExit(int process) => Tell(process, ProcessNews.Exit);

    /// <summary>
    /// A process goes on, and is not to be read any more: its sessions are forgotten, because calls on them are missed. Any thread.
    /// </summary>
    public void OnRelease(int process) => Tell(process, ProcessNews.Release);

    /// <summary>The process is probed, or was looked at for that, until a while after its end. Any thread.</summary>
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
        Leave(Enumerable.Reverse(_linksEverywhere));
        foreach (var process in _processes.Values) Leave(process.TakeLinks());
        _leaving.CompleteAdding();
        if (_closing.IsAlive) _closing.Join();
        else Close(); // was not started
        _leaving.Dispose();
        _hasNews.Dispose();
    }

    private void Tell(int process, ProcessNews news)
    {
        if (_isStopping || _news.Count >= MaxNews || (news == ProcessNews.Program && !IsWanted(process))) return;
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

    private void Take(int process, ProcessNews news)
    {
        if (news != ProcessNews.Program)
        {
            if (!_processes.TryGetValue(process, out var gone) || gone.EndedNanoseconds != 0) return;
            if (news == ProcessNews.Release) _releasing[process] = true;
            End(gone);
            if (news == ProcessNews.Release) _leaving.Add((null, process));
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
        long next = long.MaxValue;
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

        if (isForgotten) _sweep(FrozenSet<int>.Empty);
        return next == long.MaxValue ? Timeout.Infinite
            : (int)long.Max(0, (next - MonotonicClock.Nanoseconds + MillisecondNanoseconds - 1) / MillisecondNanoseconds);
    }

    private void Look(int process, ProbedProcess state)
    {
        try
        {
            // While its earlier probes are detached it is not probed again: each call would be seen twice.
            foreach (var library in _releasing.ContainsKey(process) ? [] : ProcessLibraries.Find(process) ?? [])
            {
                if (state.Inodes.Add(library.Inode)) Attach(process, state, library);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ProbeFailedException)
        {
            // A process that ends meanwhile is no failure.
            if (Directory.Exists($"/proc/{process}")) Fail(state, failure.Message);
        }

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
        Interlocked.Add(ref _links, -state.Links);
        Leave(state.TakeLinks());
        state.EndedNanoseconds = MonotonicClock.Nanoseconds;
    }

    // It takes the kernel tens of milliseconds, in which others wait for their probes.
    private void Leave(IEnumerable<SafeFileHandle> links)
    {
        foreach (var link in links) _leaving.Add((link, 0));
    }

    // One sweep of the kernel's sessions for all that were released together.
    private void Close()
    {
        var released = new HashSet<int>();
        foreach (var (link, process) in _leaving.GetConsumingEnumerable())
        {
            link?.Dispose();
            if (link is null) released.Add(process);
            if (_leaving.Count > 0 || released.Count == 0) continue;
            _sweep(released);
            foreach (int one in released) _releasing.TryRemove(one, out _);
            released.Clear();
        }
    }

    private void Fail(ProbedProcess state, string message)
    {
        Interlocked.Increment(ref _failures);
        LatestFailure = message;
        state.Refuse();
    }

    private void Attach(int process, ProbedProcess state, MappedLibrary library)
    {
        if (ProcessLibraries.IsDeleted(library))
        {
            Fail(state, $"{library.Path} of process {process} was replaced since it was loaded: restart the process");
            return;
        }

        if (_everywhere.Contains(library.Inode))
        {
            state.Add([], MonotonicClock.Nanoseconds);
            return;
        }

        using var file = File.OpenHandle($"/proc/{process}/root{library.Path}");
        if (_libraries.PlanOf(file, library) is not { } plan)
        {
            state.Refuse(); // such as NSS, whose library has a like name
            return;
        }

        if (Interlocked.Read(ref _links) + 3 > MaxLinks)
        {
            Fail(state, $"process {process} is not probed: {MaxLinks} probes are attached");
            return;
        }

        var links = _attacher.Attach(plan, file, process);
        Interlocked.Add(ref _links, links.Count);
        state.Add(links, MonotonicClock.Nanoseconds);
    }
}
