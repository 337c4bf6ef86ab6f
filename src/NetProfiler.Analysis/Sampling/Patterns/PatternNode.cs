namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>What inline options such as <c>(?i)</c> switch.</summary>
[Flags]
internal enum PatternModes
{
    None,
    IgnoreCase = 1,
    Multiline = 2,
    DotMatchesNewline = 4,
    IgnoreSpace = 8,
}

/// <summary>A condition on a place between two characters.</summary>
internal enum PatternAssertion : byte
{
    Start,
    End,

    /// <summary>The end, or before a newline that is the last character.</summary>
    EndOrFinalNewline,

    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

/// <summary>A parsed pattern. Which of several ways matches first does not matter: a pattern is only found or not found.</summary>
internal abstract record PatternNode
{
    public sealed record Element(int Set) : PatternNode;

    public sealed record Assertion(PatternAssertion Kind) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    public sealed record Alternatives(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <param name="Most">Null: without limit.</param>
    public sealed record Repeat(PatternNode Item, int Least, int? Most) : PatternNode;
}
