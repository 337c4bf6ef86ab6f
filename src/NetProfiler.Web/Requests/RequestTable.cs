using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Metrics;

namespace NetProfiler.Web.Requests;

/// <summary>
/// The latest exchanges, joined with the views of their other ends, and counts of all exchanges by rule and time. Any thread, under one
/// lock.
/// </summary>
public sealed class RequestTable
{
    /// <summary>Maximum number of rows; beyond it, the oldest is dropped and counted.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Maximum number of recorded rows whose pair, reported earlier, was withdrawn.</summary>
    private const int MaxRevoked = 1000;

    private const int FirstRows = 1024;

    private readonly Lock _lock = new();
    private readonly ExchangeJoiner _joiner = new();
    private readonly TimeSlots _slots = new();
    private readonly List<long> _revoked = [];
    private RequestRow[] _rows = new RequestRow[FirstRows];
    private long _count;
    private long _withoutKey;
    private long _notTaken;

    /// <summary>The content of samples.</summary>
    public SampleArchive Samples { get; } = new();

    /// <summary>Counts exchanges that did not reach the table because it was too slow.</summary>
    public void CountNotTaken(long rows) => Interlocked.Add(ref _notTaken, rows);

    /// <summary>Adds a row, and sets its number and its other end.</summary>
    public void Add(ref RequestRow row, JoinKey? key)
    {
        lock (_lock)
        {
            row.Id = _count;
            row.Partner = -1;
            row.Join = key is null ? JoinState.NoKey : JoinState.Alone;
            if (row.Outcome == ExchangeOutcome.Complete)
                _slots.Record(row.Rule, row.Role, row.Status, row.StartNanoseconds, row.DurationNanoseconds);
            if (_count == _rows.Length && _rows.Length < MaxRows) Array.Resize(ref _rows, int.Min(MaxRows, _rows.Length * 2));
            if (key is { } known) Join(ref row, known);
            else _withoutKey++;
            _rows[_count % _rows.Length] = row;
            _count++;
        }
    }

    /// <summary>The counts of rows by outcome.</summary>
    public RequestCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return new RequestCounts(
                    _count, _count - First, First, Interlocked.Read(ref _notTaken), Samples.Dropped, _joiner.Joined, _joiner.Ambiguous,
                    _withoutKey, _slots.Folded);
            }
        }
    }

    /// <summary>Null if the row does not exist, or was dropped.</summary>
    public RequestRow? Find(long id)
    {
        lock (_lock) return id >= First && id < _count ? _rows[id % _rows.Length] : null;
    }

    /// <summary>
    /// Reads rows from a number on, oldest first, under the lock: <paramref name="read"/> must be quick, and must not retain the row.
    /// </summary>
    public void Read(long from, RowReader read)
    {
        lock (_lock)
        {
            for (long id = long.Max(from, First); id < _count; id++) read(_rows[id % _rows.Length]);
        }
    }

    /// <summary>Reads the counts by time, under the lock.</summary>
    public T ReadSlots<T>(Func<TimeSlots, T> read)
    {
        lock (_lock) return read(_slots);
    }

    /// <summary>Rows whose pair was withdrawn, for readers that have read them already.</summary>
    public long[] Revoked
    {
        get
        {
            lock (_lock) return [.. _revoked];
        }
    }

    public delegate void RowReader(in RequestRow row);

    private long First => long.Max(0, _count - MaxRows);

    private void Join(ref RequestRow row, in JoinKey key)
    {
        var view = new JoinView(row.Role, row.Status, row.StartNanoseconds, row.DurationNanoseconds, row.RequestBytes, row.ResponseBytes);
        var result = _joiner.Offer(key, row.Id, view);
        if (result.Revoked is { } revoked) Revoke(revoked);
        if (result.Revoked is not null) row.Join = JoinState.Ambiguous;
        if (result.Partner is not { } partner || partner < First) return;
        ref var other = ref _rows[partner % _rows.Length];
        (other.Partner, other.Join) = (row.Id, JoinState.Joined);
        (row.Partner, row.Join) = (partner, JoinState.Joined);
    }

    private void Revoke(long id)
    {
        if (id < First) return;
        ref var row = ref _rows[id % _rows.Length];
        long partner = row.Partner;
        (row.Partner, row.Join) = (-1, JoinState.Ambiguous);
        if (_revoked.Count < MaxRevoked) _revoked.Add(id);
        if (partner < First) return;
        ref var other = ref _rows[partner % _rows.Length];
        (other.Partner, other.Join) = (-1, JoinState.Ambiguous);
        if (_revoked.Count < MaxRevoked) _revoked.Add(partner);
    }
}

/// <summary>Counts of exchanges on their way to the page.</summary>
/// <param name="Recorded">Number of rows ever added.</param>
/// <param name="Kept">Number of rows in the table.</param>
/// <param name="Dropped">Number of rows dropped for newer ones; they remain counted in series and totals.</param>
/// <param name="NotTaken">Number of exchanges without a row because the page was too slow; they are counted in totals, but not in
/// series.</param>
/// <param name="ContentsDropped">Number of samples whose content was dropped for newer ones.</param>
/// <param name="Joined">Number of pairs of rows that are the two views of one exchange.</param>
/// <param name="Ambiguous">Number of rows that match several others, and were not joined.</param>
/// <param name="WithoutKey">Number of rows whose other end cannot be compared.</param>
/// <param name="RulesFolded">Number of rows of rules beyond the limit of series.</param>
public sealed record RequestCounts(
    long Recorded, long Kept, long Dropped, long NotTaken, long ContentsDropped, long Joined, long Ambiguous, long WithoutKey,
    long RulesFolded);
