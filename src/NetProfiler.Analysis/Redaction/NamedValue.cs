using System.Collections.Frozen;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// The name and value members of a JSON object, as in <c>{"key":"DB_PASSWORD","value":"…"}</c>: whether the name is secret, and the
/// position of the value in the output.
/// </summary>
internal sealed class NamedValue
{
    private static readonly FrozenSet<string> NameMembers = Members(
        ["name", "key", "field", "header", "id", "k", "n", "property", "parameter", "param", "variable", "env", "attribute", "label"]);

    private static readonly FrozenSet<string> ValueMembers = Members(
        ["value", "val", "v", "values", "content", "text", "data", "default", "stringValue", "secretValue", "string"]);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Names =
        NameMembers.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Values =
        ValueMembers.GetAlternateLookup<ReadOnlySpan<char>>();

    public static NamedValue None { get; } = new();

    public bool NamesSecret { get; set; }

    /// <summary>-1 if not available yet, or if it is masked.</summary>
    public int ValueStart { get; set; } = -1;

    public int ValueLength { get; set; }

    /// <summary>Position of the value in the text.</summary>
    public int TextStart { get; set; }

    public int TextLength { get; set; }

    public bool IsQuoted { get; set; }

    public static bool IsNameMember(ReadOnlySpan<char> member) => Names.Contains(member);

    public static bool IsValueMember(ReadOnlySpan<char> member) => Values.Contains(member);

    private static FrozenSet<string> Members(IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
