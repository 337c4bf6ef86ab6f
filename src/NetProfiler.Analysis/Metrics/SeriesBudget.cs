namespace NetProfiler.Analysis.Metrics;

/// <summary>
/// The labels that a series no longer distinguishes, in the order in which labels are folded. Status, method and rule are folded last.
/// </summary>
public enum SeriesFolding : byte
{
    /// <summary>No label is folded.</summary>
    None,

    /// <summary>The servers named in a client's requests to one peer are folded.</summary>
    Address,

    /// <summary>Peers are folded into one external and one other peer, together with their servers.</summary>
    Peer,

    /// <summary>The local side is folded too: process, pod and container.</summary>
    Process,

    /// <summary>
    /// Everything is folded. Only used if status, method and rule alone have more combinations than their part of the budget.
    /// </summary>
    All,
}

/// <summary>The part of the budget from which a series with every label is taken.</summary>
public enum SeriesShare : byte
{
    Common,

    /// <summary>The peer is an address without a name.</summary>
    External,

    /// <summary>The peer already has another server.</summary>
    FurtherAddress,
}

/// <summary>Number of series of each kind for which a budget has room.</summary>
/// <remarks>
/// Unresolved addresses, such as those of clients on the internet, are unbounded, and so are names of servers, which a proxy copies from
/// its clients: each gets a small part. An eighth each is reserved for series without peers and for series without processes, so that an
/// alert on a status works regardless of the number of clients.
/// </remarks>
public sealed class SeriesBudget
{
    private const int Parts = 8;

    /// <summary>Minimum part, so that small budgets are not divided among addresses.</summary>
    private const int MinPart = 64;

    private readonly int[] _used = new int[Enum.GetValues<SeriesFolding>().Length];
    private readonly int[] _shares = new int[Enum.GetValues<SeriesShare>().Length];

    /// <summary>Reserves room for a series. False if there is no room for this kind.</summary>
    public bool TryTake(int maxSeries, SeriesFolding folding, SeriesShare share)
    {
        int reserve = maxSeries / Parts;
        bool hasPeer = folding <= SeriesFolding.Address;
        int used = hasPeer ? _used[(int)SeriesFolding.None] + _used[(int)SeriesFolding.Address] : _used[(int)folding];
        if (used >= (hasPeer ? maxSeries - 2 * reserve : reserve)) return false;
        if (share != SeriesShare.Common && _shares[(int)share] >= PartOf(maxSeries)) return false;
        _shares[(int)share]++;
        _used[(int)folding]++;
        return true;
    }

    /// <summary>Releases the room that a series took.</summary>
    public void Return(SeriesFolding folding, SeriesShare share)
    {
        _used[(int)folding]--;
        _shares[(int)share]--;
    }

    /// <summary>The part of the budget for external addresses, and that for further servers of a peer.</summary>
    public static int PartOf(int maxSeries) => int.Max(MinPart, maxSeries / Parts);
}
