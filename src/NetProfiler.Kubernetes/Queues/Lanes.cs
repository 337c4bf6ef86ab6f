namespace NetProfiler.Kubernetes.Queues;

/// <summary>Queued keys, each once: the urgent ones first, each lane in order.</summary>
internal sealed class Lanes<TKey>
    where TKey : notnull
{
    private readonly LinkedList<TKey> _urgent = [];
    private readonly LinkedList<TKey> _ordinary = [];
    private readonly Dictionary<TKey, LinkedListNode<TKey>> _places = [];

    public int Count => _places.Count;

    public void Add(TKey key, bool isUrgent) => _places.Add(key, (isUrgent ? _urgent : _ordinary).AddLast(key));

    /// <summary>Moves the key to the urgent lane, if it is queued.</summary>
    public void Hurry(TKey key)
    {
        if (!_places.TryGetValue(key, out var place) || place.List == _urgent) return;
        _ordinary.Remove(place);
        _urgent.AddLast(place);
    }

    public bool TryTake(out TKey key)
    {
        var lane = _urgent.Count > 0 ? _urgent : _ordinary;
        if (lane.First is not { } first)
        {
            key = default!;
            return false;
        }
        key = first.Value;
        lane.RemoveFirst();
        _places.Remove(key);
        return true;
    }
}
