using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetProfiler.Api.Yaml;

/// <summary>
/// Builds a tree with positions from YAML events. Limited in depth, and in the number of values after aliases are expanded.
/// </summary>
public sealed class YamlLoader
{
    private const int MaxDepth = 32;
    private const int MaxValues = 20_000;

    private readonly Scanner _scanner;
    private readonly Parser _events;
    private readonly FaultCollector _faults;
    private readonly string _what;
    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];

    private YamlLoader(string text, string what, FaultCollector faults)
    {
        _scanner = new Scanner(new StringReader(text));
        _events = new Parser(_scanner);
        _faults = faults;
        _what = what;
    }

    /// <summary>Null if there is no document to read, which is reported as a fault.</summary>
    /// <param name="what">Content of the file, as a noun.</param>
    public static YamlNode? Load(string text, string what, FaultCollector faults)
    {
        var loader = new YamlLoader(text, what, faults);

        try
        {
            return loader.LoadOnlyDocument();
        }
        catch (YamlException cause)
        {
            loader.ReportUnreadable(cause.Start, cause.Message);
        }
        catch (Exception cause) when (cause is InvalidOperationException or ArgumentException)
        {
            // The exception of YamlDotNet 16 for unbalanced flow collections, directives without a document and unusual tags.
            loader.ReportUnreadable(default, "a bracket or brace may not be closed, or something stands where it has no meaning");
        }

        return null;
    }

    /// <summary>Some errors of the parser do not contain a position; then the position of the scanner is used.</summary>
    private void ReportUnreadable(Mark mark, string reason) =>
        _faults.Add("", mark.Index > 0 ? mark : _scanner.CurrentPosition, $"cannot be read as YAML: {reason.ReplaceLineEndings(" ")}");

    private YamlNode? LoadOnlyDocument()
    {
        YamlNode? only = null;
        _events.Consume<StreamStart>();

        while (_events.TryConsume<DocumentStart>(out var start))
        {
            var document = LoadNode("", depth: 0);
            _events.Consume<DocumentEnd>();
            if (document.IsNull) continue;

            if (only is not null)
            {
                _faults.Add("", start.Start, $"a second document begins here; a file holds one {_what}");
                return null;
            }

            only = document;
        }

        if (only is null) _faults.Add("", new Mark(0, 1, 1), $"holds no {_what}");
        return only;
    }

    private YamlNode LoadNode(string path, int depth)
    {
        var current = _events.Current!;
        if (depth > MaxDepth) throw new YamlException(current.Start, current.End, $"nested deeper than {MaxDepth}");

        if (_events.TryConsume<AnchorAlias>(out var alias))
            return _anchors.GetValueOrDefault(alias.Value)
                ?? throw new YamlException(alias.Start, alias.End, $"*{alias.Value} is not defined before it is used");

        // For invalid text, YamlDotNet 16 may end a mapping between a key and its value.
        if (current is not NodeEvent head) throw new YamlException(current.Start, current.End, "a value is missing");
        if (!head.Tag.IsEmpty) throw new YamlException(head.Start, head.End, "tags such as !!str are not supported");

        YamlNode node = head switch
        {
            Scalar => LoadScalar(),
            SequenceStart => LoadList(path, depth),
            _ => LoadMap(path, depth),
        };

        if (node.Size > MaxValues) throw new YamlException(head.Start, head.End, $"holds more than {MaxValues} values");
        if (!head.Anchor.IsEmpty) _anchors[head.Anchor] = node;
        return node;
    }

    private YamlScalar LoadScalar()
    {
        var scalar = _events.Consume<Scalar>();
        return new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain, scalar.Start);
    }

    private YamlList LoadList(string path, int depth)
    {
        var start = _events.Consume<SequenceStart>();
        var items = new List<YamlNode>();
        while (!_events.TryConsume<SequenceEnd>(out _)) items.Add(LoadNode(FieldPath.Item(path, items.Count), depth + 1));

        return new YamlList(items, start.Start);
    }

    private YamlMap LoadMap(string path, int depth)
    {
        var start = _events.Consume<MappingStart>();
        var fields = new List<YamlField>();
        var names = new HashSet<string>();

        while (!_events.TryConsume<MappingEnd>(out _))
        {
            var key = LoadNode(path, depth + 1);
            var name = (key as YamlScalar)?.Text;
            var fieldPath = name is null ? path : FieldPath.Field(path, name);
            var value = LoadNode(fieldPath, depth + 1);

            if (name is null) _faults.Add(path, key.Mark, $"expected a field's name, got {key.Describe()}");
            else if (!names.Add(name)) _faults.Add(fieldPath, key.Mark, "is given twice");
            else fields.Add(new YamlField(name, key.Mark, value));
        }

        return new YamlMap(fields, start.Start);
    }
}
