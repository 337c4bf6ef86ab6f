namespace NetProfiler.Telemetry;

/// <summary>
/// The scrapes in progress. When all places are taken, one with a slow reader is cancelled in favour of a new one. Any thread.
/// </summary>
internal sealed class ScrapePlaces(int places, TimeProvider time)
{
    /// <summary>A reader that reads nothing for this long is slow.</summary>
    private static readonly TimeSpan SlowReader = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly List<Place> _taken = [];

    /// <summary>Null if all places are taken by scrapes that make progress.</summary>
    public Place? TryTake()
    {
        lock (_lock)
        {
            if (_taken.Count >= places)
            {
                var slowest = _taken.MaxBy(place => place.Stalled)!;
                if (slowest.Stalled < SlowReader) return null;
                _taken.Remove(slowest);
                slowest.GiveWay();
            }

            var place = new Place(this, time);
            _taken.Add(place);
            return place;
        }
    }

    internal sealed class Place(ScrapePlaces places, TimeProvider time) : IDisposable
    {
        private readonly CancellationTokenSource _givesWay = new();
        private long _stalledSince; // 0 if it is not stalled

        /// <summary>Cancelled when the scrape must end in favour of another one.</summary>
        public CancellationToken GivesWay => _givesWay.Token;

        /// <summary>Time since the reader last read.</summary>
        public TimeSpan Stalled => Volatile.Read(ref _stalledSince) is not 0 and var since ? time.GetElapsedTime(since) : TimeSpan.Zero;

        /// <summary>Must be set around a wait for the reader.</summary>
        public bool WaitsForReader
        {
            set => Volatile.Write(ref _stalledSince, value ? time.GetTimestamp() : 0);
        }

        public void GiveWay() => _ = _givesWay.CancelAsync();

        public void Dispose()
        {
            lock (places._lock) places._taken.Remove(this);
        }
    }
}
