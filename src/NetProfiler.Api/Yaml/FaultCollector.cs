using YamlDotNet.Core;

namespace NetProfiler.Api.Yaml;

/// <summary>The faults of one file, and the positions of its fields, so that faults found later can be located.</summary>
public sealed class FaultCollector
{
    private readonly List<FieldFault> _faults = [];
    private readonly Dictionary<string, Mark> _places = [];

    public bool IsEmpty => _faults.Count == 0;

    public void Place(string path, Mark mark) => _places.TryAdd(path, mark);

    public void Add(string path, Mark mark, string message) =>
        _faults.Add(new FieldFault(path, message, (int)mark.Line, (int)mark.Column));

    /// <summary>
    /// Adds violated rules, except those of a field that could not be read, or of a field below it: the consequence of a fault is not
    /// reported.
    /// </summary>
    public void AddBrokenRules(IReadOnlyList<FieldFault> broken)
    {
        var unread = _faults.Select(fault => fault.Path).ToList();

        foreach (var fault in broken)
            if (!unread.Exists(path => IsAtOrBelow(path, fault.Path))) Add(fault.Path, PlaceOf(fault.Path), fault.Message);
    }

    public IReadOnlyList<FieldFault> InFileOrder() => [.. _faults.OrderBy(fault => fault.Line).ThenBy(fault => fault.Column)];

    /// <summary>The position of the field or, if it is absent, of the nearest field around it.</summary>
    private Mark PlaceOf(string path)
    {
        Mark mark;
        while (!_places.TryGetValue(path, out mark)) path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        return mark;
    }

    private static bool IsAtOrBelow(string path, string ancestor) =>
        path.StartsWith(ancestor, StringComparison.Ordinal) && (path.Length == ancestor.Length || path[ancestor.Length] is '.' or '[');
}
