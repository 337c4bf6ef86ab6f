using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>Holds the content of exchanges in progress in reusable buffers, within one budget. Ring-buffer thread only.</summary>
internal sealed class MessageHolding(CaptureStatistics statistics)
{
    /// <summary>Budget of all connections together. Beyond it, content is not held, which is counted.</summary>
    public const long MaxHeldBytes = 32 * 1024 * 1024;

    /// <summary>Fixed cost of an exchange besides its buffers: its socket calls.</summary>
    private const int ExchangeBytes = 2048;

    /// <summary>Number of bytes of free buffers kept per size.</summary>
    private const int MaxFreeBytes = 4 * 1024 * 1024;

    private const int MaxFreeExchanges = (int)(MaxHeldBytes / ExchangeBytes / 4);

    private readonly HeldBuffers _buffers = new(MaxFreeBytes);
    private readonly Stack<HeldExchange> _free = new();

    /// <summary>Null if nothing is held. A new policy applies to exchanges that begin from then on.</summary>
    public HoldingPolicy? Policy
    {
        get;
        set
        {
            if (value != field) _free.Clear();
            field = value;
        }
    }

    /// <summary>Number of bytes currently held; never exceeds <see cref="MaxHeldBytes"/>.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Null if nothing is to be held, or if the budget is exhausted, which is counted.</summary>
    public HeldExchange? TryBegin()
    {
        if (Policy is not { } policy || !TryTake(ExchangeBytes)) return null;
        return _free.TryPop(out var free) ? free : new HeldExchange(this, policy);
    }

    /// <summary>Rents a buffer of at least the given size. Null, and counted, if the budget is exhausted.</summary>
    public byte[]? TryRent(int bytes)
    {
        int size = HeldBuffers.RoundUp(bytes);
        return TryTake(size) ? _buffers.Rent(size) : null;
    }

    public void Return(byte[] buffer)
    {
        HeldBytes -= buffer.Length;
        _buffers.Return(buffer);
    }

    public void End(HeldExchange exchange)
    {
        HeldBytes -= ExchangeBytes;
        if (exchange.Policy == Policy && _free.Count < MaxFreeExchanges) _free.Push(exchange);
    }

    private bool TryTake(int bytes)
    {
        if (HeldBytes + bytes > MaxHeldBytes)
        {
            statistics.MessagesNotHeld++;
            return false;
        }

        HeldBytes += bytes;
        return true;
    }
}

/// <summary>The content held of an exchange in progress, besides its request's head.</summary>
internal sealed class HeldExchange(MessageHolding holding, HoldingPolicy policy)
{
    public HoldingPolicy Policy => policy;

    public HeldMessage Request { get; } = new(holding, policy.MaxRequestBodyBytes);

    public HeldMessage Response { get; } = new(holding, policy.MaxResponseBodyBytes);

    public void Release()
    {
        Request.Release();
        Response.Release();
        holding.End(this);
    }
}
