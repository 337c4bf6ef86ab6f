namespace NetProfiler.Analysis.Metrics;

/// <summary>
/// What a series no longer tells apart, in the order in which labels are given up. Status, method and rule are not among them.
/// </summary>
public enum SeriesFolding : byte
{
    /// <summary>Every label.</summary>
    None,

    /// <summary>Servers that a client's requests name, at one peer.</summary>
    Address,

    /// <summary>Peers: external addresses are one, all others are one; and their servers with them.</summary>
    Peer,

    /// <summary>Who measured, too: process, pod and container.</summary>
    Process,

    /// <summary>Everything: only where status, method and rule alone have more combinations than their part of the budget.</summary>
    All,
}

/// <summary>Which part of the budget a series with every label is taken from.</summary>
public enum SeriesShare : byte
{
    Common,

    /// <summary>Its peer is an address without a name.</summary>
    External,

    /// <summary>Its peer has another server already.</summary>
    FurtherAddress,
}

/// <summary>How many series of each kind a budget has room for.</summary>
/// <remarks>
/// Addresses that nobody knows a name for come without end, such as clients from the internet, and so do names of servers, which a proxy
/// takes from its clients: each gets a small part. An eighth each is kept for series without peers and for series without processes: an
/// alert on a status works however many clients there are.
/// </remarks>
public sealed class SeriesBudget
{
    private const int Parts = 8;

    /// <summary>Small budgets are not divided among addresses.</summary>
    private const int MinPart = 64;

    private readonly int[] _used = new int[Enum.GetValues<SeriesFolding>().Length];
    private readonly int[] _shares = new int[Enum.GetValues<SeriesShare>().Length];

    /// <summary>Takes room for a series; false: there is none of this kind.</summary>
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

    /// <summary>Gives back what a series took.</summary>
    public void Return(SeriesFolding folding, SeriesShare share)
    {
        _used[(int)folding]--;
        _shares[(int)share]--;
    }

    /// <summary>The part of external addresses, and that of further servers of a peer.</summary>
    public static int PartOf(int maxSeries) => int.Max(MinPart, maxSeries / Parts);
}
