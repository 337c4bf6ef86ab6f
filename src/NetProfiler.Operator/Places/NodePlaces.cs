namespace NetProfiler.Operator.Places;

/// <summary>The task quota of a node, shared between namespaces: tasks that capture, and tasks whose results are kept.</summary>
/// <param name="kept">The namespace of each task that is in the node's configuration.</param>
/// <param name="maxCapturing">Maximum number of tasks that capture at the same time.</param>
internal sealed class NodePlaces(IEnumerable<string> kept, int maxCapturing)
{
    private readonly Dictionary<string, int> _held = kept.CountBy(name => name).ToDictionary();
    private int _capturing;

    /// <summary>Takes a place to capture. False if there is none for this namespace.</summary>
    /// <param name="isKept">Whether the task is in the configuration already.</param>
    public bool TryCapture(string @namespace, bool isKept)
    {
        if (_capturing == maxCapturing || (!isKept && !HasRoom(@namespace))) return false;
        _capturing++;
        if (!isKept) _held[@namespace] = _held.GetValueOrDefault(@namespace) + 1;
        return true;
    }

    /// <summary>
    /// Whether another task of the namespace may be added: a namespace may use at most half of what the others leave, so that some room is
    /// always left.
    /// </summary>
    public bool HasRoom(string @namespace)
    {
        int own = _held.GetValueOrDefault(@namespace), others = _held.Values.Sum() - own;
        return own + others < NodeLimits.MaxTasks && own < int.Max(1, (NodeLimits.MaxTasks - others) / 2);
    }
}
