using System.Collections.Frozen;

namespace NetProfiler.Analysis.Redaction;

/// <summary>
/// What an object in JSON says of itself, as in <c>{"key":"DB_PASSWORD","value":"…"}</c>: whether it names a secret, and where its value
/// stands in the output.
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

    /// <summary>-1: there is none yet, or it is masked.</summary>
    public int ValueStart { get; set; } = -1;

    public int ValueLength { get; set; }

    /// <summary>Where it stands in the text.</summary>
    public int TextStart { get; set; }

    public int TextLength { get; set; }

    public bool IsQuoted { get; set; }

    public static bool IsNameMember(ReadOnlySpan<char> member) => Names.Contains(member);

    public static bool IsValueMember(ReadOnlySpan<char> member) => Values.Contains(member);

    private static FrozenSet<string> Members(IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
