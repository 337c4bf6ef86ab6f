using YamlDotNet.Core;

namespace NetProfiler.Api.Yaml;

/// <summary>The faults of one file, and where each of its fields stands, so that what is found out later can be placed.</summary>
public sealed class FaultCollector
{
    private readonly List<FieldFault> _faults = [];
    private readonly Dictionary<string, Mark> _places = [];

    public bool IsEmpty => _faults.Count == 0;

    public void Place(string path, Mark mark) => _places.TryAdd(path, mark);

    public void Add(string path, Mark mark, string message) =>
        _faults.Add(new FieldFault(path, message, (int)mark.Line, (int)mark.Column));

    /// <summary>
    /// Rules that are broken; but not those of a field where, or below which, reading already failed: what a fault leads to is no
    /// fault of its own.
    /// </summary>
    public void AddBrokenRules(IReadOnlyList<FieldFault> broken)
    {
        var unread = _faults.Select(fault => fault.Path).ToList();

        foreach (var fault in broken)
            if (!unread.Exists(path => IsAtOrBelow(path, fault.Path))) Add(fault.Path, PlaceOf(fault.Path), fault.Message);
    }

    public IReadOnlyList<FieldFault> InFileOrder() => [.. _faults.OrderBy(fault => fault.Line).ThenBy(fault => fault.Column)];

    /// <summary>Where the field stands, or if it is absent, the nearest one around it.</summary>
    private Mark PlaceOf(string path)
    {
        Mark mark;
        while (!_places.TryGetValue(path, out mark)) path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        return mark;
    }

    private static bool IsAtOrBelow(string path, string ancestor) =>
        path.StartsWith(ancestor, StringComparison.Ordinal) && (path.Length == ancestor.Length || path[ancestor.Length] is '.' or '[');
}
