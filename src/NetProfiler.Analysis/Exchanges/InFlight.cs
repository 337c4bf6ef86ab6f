namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// Number of requests that are in flight now: from a request's head until its exchange is complete, lost or cut short. Ring-buffer thread
/// only.
/// </summary>
/// <param name="series">Counts them too. Null: nothing does.</param>
/// <param name="row">Counts them too. Null: nothing does.</param>
public sealed class InFlight(InFlight? series = null, InFlight? row = null)
{
    public long Count { get; private set; }

    internal void Begin()
    {
        Count++;
        series?.Begin();
        row?.Begin();
    }

    internal void End()
    {
        Count--;
        series?.End();
        row?.End();
    }
}
