namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>The options that inline options such as <c>(?i)</c> change.</summary>
[Flags]
internal enum PatternModes
{
    None,
    IgnoreCase = 1,
    Multiline = 2,
    DotMatchesNewline = 4,
    IgnoreSpace = 8,
}

/// <summary>A condition on a position between two characters.</summary>
internal enum PatternAssertion : byte
{
    Start,
    End,

    /// <summary>The end, or the position before a newline that is the last character.</summary>
    EndOrFinalNewline,

    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

/// <summary>
/// A parsed pattern. The preference among alternative matches is irrelevant, because only whether the pattern is found matters.
/// </summary>
internal abstract record PatternNode
{
    public sealed record Element(int Set) : PatternNode;

    public sealed record Assertion(PatternAssertion Kind) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    public sealed record Alternatives(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <param name="Most">Null if unlimited.</param>
    public sealed record Repeat(PatternNode Item, int Least, int? Most) : PatternNode;
}
