namespace NetProfiler.Analysis.Metrics;

/// <summary>What a series no longer tells apart, in the order in which labels are given up. Status, method and rule are not among them.</summary>
public enum SeriesFolding : byte
{
    /// <summary>Every label.</summary>
    None,

    /// <summary>Peers: external addresses are one, all others are one.</summary>
    Peer,

    /// <summary>Who measured, too: process, pod and container.</summary>
    Process,

    /// <summary>Everything: only where status, method and rule alone have more combinations than their part of the budget.</summary>
    All,
}

/// <summary>How many series of each kind a budget has room for.</summary>
/// <remarks>
/// Addresses that nobody knows a name for come without end, such as clients from the internet, so they get a small part. An eighth each is
/// kept for series without peers and for series without processes: an alert on a status works however many clients there are.
/// </remarks>
public sealed class SeriesBudget
{
    private const int Parts = 8;

    /// <summary>Small budgets are not divided among addresses.</summary>
    private const int MinExternal = 64;

    private readonly int[] _used = new int[Enum.GetValues<SeriesFolding>().Length];
    private int _external;

    /// <summary>Takes room for a series; false: there is none of this kind.</summary>
    public bool TryTake(int maxSeries, SeriesFolding folding, bool isExternal)
    {
        int reserve = maxSeries / Parts;
        int most = folding == SeriesFolding.None ? maxSeries - 2 * reserve : reserve;
        if (_used[(int)folding] >= most) return false;
        if (folding == SeriesFolding.None && isExternal)
        {
            if (_external >= ExternalOf(maxSeries)) return false;
            _external++;
        }

        _used[(int)folding]++;
        return true;
    }

    /// <summary>Gives back what a series took.</summary>
    public void Return(SeriesFolding folding, bool isExternal)
    {
        _used[(int)folding]--;
        if (folding == SeriesFolding.None && isExternal) _external--;
    }

    /// <summary>The part of external addresses.</summary>
    public static int ExternalOf(int maxSeries) => int.Max(MinExternal, maxSeries / Parts);
}
