using NetProfiler.Analysis.Buffers;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Analysis.Connections;

/// <summary>
/// Orders the events of both directions as they can have happened. A call's event is submitted when the call returns, so an event of
/// another thread may precede it. Each event states the opposite stream's position; an event waits until the opposite stream has reached
/// it.
/// </summary>
/// <remarks>
/// Within a direction, events are in order. An event that does not arrive within <see cref="MaxEvents"/> events, or that a later one
/// overtakes, is lost.
/// </remarks>
internal sealed class EventOrder(Connection connection, HeldBuffers buffers)
{
    /// <summary>Maximum number of events that wait on one connection.</summary>
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

    /// <summary>Whether all events before this one have been processed.</summary>
    public bool IsReady(in SocketData data) => !data.HasOpposite || IsThere(data.Direction ^ Direction.Egress, Needed(data));

    public void Add(in SocketData data)
    {
        _waiting.Add(new WaitingEvent(data, Needed(data), buffers));
        Tell(isAll: false);
    }

    /// <summary>Processes the events that are ready.</summary>
    /// <param name="isAll">No more events will follow: missing ones are lost.</param>
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
    /// The position that the opposite stream must have reached. A server's read that brings a request waits for what the server had written
    /// before, because those writes have returned; any other call waits for what the program, or its peer, had taken.
    /// </summary>
    private uint Needed(in SocketData data)
    {
        bool isServersRead = data.Direction == Direction.Ingress && connection.Detector.Role != EndpointRole.Client;
        return isServersRead ? data.OppositeThere : data.OppositeTaken;
    }

    private bool IsThere(Direction direction, uint position) => connection.StreamOf(direction).Ahead(position) <= 0;

    // The read (or write) of a request that returned while the response was being written (or read): each event waits for the other.
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

    // A later event of that direction has arrived, so there is no point in waiting for the missing one.
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
