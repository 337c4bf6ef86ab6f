using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Puts the events of both directions into the order in which they can have happened: a call's event comes when it returns, and another
/// thread's may come before. Each says how far the opposite stream was; what came before that is waited for.
/// </summary>
/// <remarks>Within a direction events are in order. What does not come within <see cref="MaxEvents"/> events, or is passed by a later one,
/// is lost.</remarks>
internal sealed class EventOrder(Connection connection, HeldBuffers buffers)
{
    /// <summary>Most events that wait on one connection.</summary>
    public const int MaxEvents = 64;

    private readonly List<WaitingEvent> _waiting = [];

    public int Count => _waiting.Count;

    public long Memory
    {
        get
        {
            long memory = 0;
            foreach (var waiting in _waiting) memory += waiting.Memory;
            return memory;
        }
    }

    /// <summary>Whether all that happened before the event is known.</summary>
    public bool IsReady(in SocketData data) => !data.HasOpposite || IsThere(data.Direction ^ Direction.Egress, Needed(data));

    public void Add(in SocketData data)
    {
        _waiting.Add(new WaitingEvent(data, Needed(data), buffers));
        Tell(isAll: false);
    }

    /// <summary>Tells what is ready.</summary>
    /// <param name="isAll">Nothing more will come: what is missing is lost.</param>
    public void Tell(bool isAll)
    {
        while (_waiting.Count > 0 && (TryTellOverlapping() || TryTellNext(isAll)))
        {
        }
    }

    public void Reset()
    {
        foreach (var waiting in _waiting) waiting.Release(buffers);
        _waiting.Clear();
    }

    /// <summary>
    /// How far the opposite stream must be known. What a server had written before a read that brought a request was told when those writes
    /// returned; of the others it is what their program, or peer, had taken.
    /// </summary>
    private uint Needed(in SocketData data)
    {
        bool isServersRead = data.Direction == Direction.Ingress && connection.Detector.Role != EndpointRole.Client;
        return isServersRead ? data.OppositeThere : data.OppositeTaken;
    }

    private bool IsThere(Direction direction, uint position) => connection.StreamOf(direction).Ahead(position) <= 0;

    // A request's read, or write, that returned while an answer was being written, or read: each waits for the other.
    private bool TryTellOverlapping()
    {
        int first = First(connection.Requests.Direction), second = First(connection.Responses.Direction);
        if (first < 0 || second < 0) return false;
        var (request, response) = (_waiting[first], _waiting[second]);
        var (requests, responses) = (connection.Requests, connection.Responses);
        bool isOverlap = responses.Ahead(request.Needed) > 0 && requests.Ahead(response.Needed) > 0 &&
            requests.Ahead(request.Position) <= 0 && responses.Ahead(response.Position) <= 0 &&
            (int)(request.End - response.Needed) >= 0 && (int)(response.End - request.Needed) >= 0;
        if (isOverlap) Tell(first, isGapKnown: false);
        return isOverlap;
    }

    private bool TryTellNext(bool isAll)
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            var waiting = _waiting[i];
            if (First(waiting.Direction) != i) continue;
            var opposite = waiting.Direction ^ Direction.Egress;
            bool isReady = IsThere(opposite, waiting.Needed) || IsPassed(opposite, waiting.Needed)
                || (i == 0 && (isAll || _waiting.Count > MaxEvents));
            if (!isReady) continue;
            Tell(i, isGapKnown: true);
            return true;
        }

        return false;
    }

    // A later event of that direction is there, and what is missing before it cannot be waited for.
    private bool IsPassed(Direction direction, uint needed)
    {
        int first = First(direction);
        return first >= 0 && connection.StreamOf(direction).Ahead(_waiting[first].Position) > 0
            && (int)(_waiting[first].Position - needed) >= 0;
    }

    private int First(Direction direction)
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Direction == direction) return i;
        }

        return -1;
    }

    private void Tell(int index, bool isGapKnown)
    {
        var waiting = _waiting[index];
        _waiting.RemoveAt(index);
        connection.Take(waiting.Data, isGapKnown ? waiting.Needed : null);
        waiting.Release(buffers);
    }
}
