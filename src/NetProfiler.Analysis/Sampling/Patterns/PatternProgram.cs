namespace NetProfiler.Analysis.Sampling.Patterns;

internal enum PatternOperation : byte
{
    /// <summary>Consumes one character of a set.</summary>
    Take,

    /// <summary>Continues at both targets.</summary>
    Fork,

    Assert,
    Found,
}

/// <param name="Argument">The set of <see cref="PatternOperation.Take"/>, the assertion, or the second target of a fork.</param>
internal readonly record struct PatternInstruction(PatternOperation Operation, int Argument, int Next);

/// <summary>
/// A pattern as a nondeterministic automaton (Thompson's construction). Repetitions are expanded, so the automaton's length bounds the cost
/// per character.
/// </summary>
internal sealed class PatternProgram
{
    /// <summary>Maximum size of the automaton; larger ones are rejected.</summary>
    public const int MaxInstructions = 1024;

    private readonly List<PatternInstruction> _instructions = [new(PatternOperation.Found, 0, 0)];

    private PatternProgram(IReadOnlyList<CharacterSet> sets) => Sets = sets;

    public IReadOnlyList<CharacterSet> Sets { get; }

    public int Start { get; private set; }

    /// <summary>Whether a match depends on the characters around a position, and not only on whether it is the first or last.</summary>
    public bool NeedsNeighbours { get; private set; }

    public PatternInstruction[] Instructions { get; private set; } = [];

    /// <exception cref="NotSupportedException">The automaton would be larger than <see cref="MaxInstructions"/>.</exception>
    public static PatternProgram Of(string pattern)
    {
        var parser = new PatternParser(pattern);
        var root = parser.Parse();
        var program = new PatternProgram(parser.Sets);
        program.Start = program.Emit(root, next: 0);
        program.Instructions = [.. program._instructions];
        return program;
    }

    // Emits backwards, so that the next instruction exists already.
    private int Emit(PatternNode node, int next)
    {
        switch (node)
        {
            case PatternNode.Element element: return Add(new(PatternOperation.Take, element.Set, next));
            case PatternNode.Assertion assertion:
                NeedsNeighbours |= assertion.Kind >= PatternAssertion.LineStart;
                return Add(new(PatternOperation.Assert, (int)assertion.Kind, next));
            case PatternNode.Sequence sequence:
                foreach (var item in sequence.Items.Reverse()) next = Emit(item, next);
                return next;
            case PatternNode.Alternatives alternatives:
                int first = Emit(alternatives.Items[^1], next);
                for (int i = alternatives.Items.Count - 2; i >= 0; i--)
                    first = Add(new(PatternOperation.Fork, first, Emit(alternatives.Items[i], next)));
                return first;
            case PatternNode.Repeat repeat: return EmitRepeat(repeat, next);
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    private int EmitRepeat(PatternNode.Repeat repeat, int next)
    {
        int behind = next;
        if (repeat.Most is { } most)
        {
            for (int i = repeat.Least; i < most; i++)
            {
                int body = Emit(repeat.Item, next);
                if (body == next) break; // matches the empty text, however often it is repeated
                next = Add(new(PatternOperation.Fork, behind, body));
            }
        }
        else
        {
            int loop = Add(default);
            _instructions[loop] = new(PatternOperation.Fork, behind, Emit(repeat.Item, loop));
            next = loop;
        }

        for (int i = 0; i < repeat.Least; i++)
        {
            int body = Emit(repeat.Item, next);
            if (body == next) break;
            next = body;
        }

        return next;
    }

    private int Add(PatternInstruction instruction)
    {
        if (_instructions.Count == MaxInstructions)
            throw new NotSupportedException(
                $"its automaton has more than {MaxInstructions} states; write fewer or smaller repetitions such as {{999}}");
        _instructions.Add(instruction);
        return _instructions.Count - 1;
    }
}
