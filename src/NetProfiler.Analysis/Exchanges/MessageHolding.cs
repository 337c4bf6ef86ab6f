using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Statistics;

namespace NetProfiler.Analysis.Exchanges;

/// <summary>
/// Where the content of exchanges under way is held: buffers that are used again, within one budget. Ring-buffer thread only.
/// </summary>
internal sealed class MessageHolding(CaptureStatistics statistics)
{
    /// <summary>The budget of all connections together; beyond it content is not held, and that is counted.</summary>
    public const long MaxHeldBytes = 32 * 1024 * 1024;

    /// <summary>What an exchange counts for besides its buffers: its socket calls.</summary>
    private const int ExchangeBytes = 2048;

    /// <summary>Free buffers kept, of each size.</summary>
    private const int MaxFreeBytes = 4 * 1024 * 1024;

    private const int MaxFreeExchanges = (int)(MaxHeldBytes / ExchangeBytes / 4);

    private readonly HeldBuffers _buffers = new(MaxFreeBytes);
    private readonly Stack<HeldExchange> _free = new();

    /// <summary>Null: nothing is held. A new one is for exchanges that begin from now on.</summary>
    public HoldingPolicy? Policy
    {
        get;
        set
        {
            if (value != field) _free.Clear();
            field = value;
        }
    }

    /// <summary>Held at this moment, and never more than <see cref="MaxHeldBytes"/>.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Null: nothing is held; or, and that is counted, the budget is used up.</summary>
    public HeldExchange? TryBegin()
    {
        if (Policy is not { } policy || !TryTake(ExchangeBytes)) return null;
        return _free.TryPop(out var free) ? free : new HeldExchange(this, policy);
    }

    /// <summary>A buffer of at least so many bytes; null, and counted: the budget is used up.</summary>
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

/// <summary>What is held of an exchange that is under way, besides its request's head.</summary>
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
