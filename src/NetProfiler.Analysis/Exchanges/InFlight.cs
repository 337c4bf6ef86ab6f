namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// Number of requests in flight: from a request's head until its exchange is complete, lost or cut short. Ring-buffer thread only.
/// </summary>
/// <param name="series">Aggregate counter that includes these requests. Null if absent.</param>
/// <param name="row">Aggregate counter that includes these requests. Null if absent.</param>
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
