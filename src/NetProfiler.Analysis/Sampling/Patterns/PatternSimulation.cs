namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>Properties of a position between two characters.</summary>
[Flags]
internal enum PatternPlace : byte
{
    None,
    Start = 1,
    End = 2,
    FinalNewline = 4,
    LineStart = 8,
    LineEnd = 16,
    WordBoundary = 32,
}

/// <summary>
/// Runs an automaton in all its states at once. States are the instructions that a search has reached, encoded as characters, so that a set
/// of states is a string.
/// </summary>
internal sealed class PatternSimulation(PatternProgram program)
{
    private const int StepsOfSetBeyondAscii = 32;

    private readonly PatternInstruction[] _instructions = program.Instructions;
    private readonly int[] _marks = new int[program.Instructions.Length];
    private readonly int[] _pending = new int[program.Instructions.Length + 1];
    private readonly char[] _takes = new char[program.Instructions.Length];
    private readonly char[] _reached = new char[program.Instructions.Length];
    private int _mark;

    /// <summary>Searches the rest of a text.</summary>
    /// <param name="reached">The states of the search at <paramref name="from"/>.</param>
    public bool? Find(ReadOnlySpan<char> text, int from, ReadOnlySpan<char> reached, scoped ref long steps, long maxSteps)
    {
        for (int i = from; ; i++)
        {
            var takes = Expand(reached, PlaceAt(text, i), out bool isFound, ref steps);
            if (isFound) return true;
            if (i == text.Length) return false;
            reached = Advance(takes, text[i], ref steps);
            if (steps > maxSteps) return null;
        }
    }

    /// <summary>The consuming instructions reachable from the given states; valid until the next call.</summary>
    public ReadOnlySpan<char> Expand(scoped ReadOnlySpan<char> reached, PatternPlace place, out bool isFound, scoped ref long steps)
    {
        int count = 0;
        isFound = false;
        _mark++;
        foreach (char first in reached)
        {
            int pending = 0;
            Push(first, ref pending);
            while (pending > 0)
            {
                int at = _pending[--pending];
                steps++;
                var instruction = _instructions[at];
                switch (instruction.Operation)
                {
                    case PatternOperation.Take: _takes[count++] = (char)at; break;
                    case PatternOperation.Found: isFound = true; break;
                    case PatternOperation.Assert:
                        if (Holds((PatternAssertion)instruction.Argument, place)) Push(instruction.Next, ref pending);
                        break;
                    case PatternOperation.Fork:
                        Push(instruction.Argument, ref pending);
                        Push(instruction.Next, ref pending);
                        break;
                }
            }
        }

        return _takes.AsSpan(0, count);
    }

    /// <summary>
    /// The states after a character. They always include the start, because a pattern may begin anywhere. Valid until the next call.
    /// </summary>
    public Span<char> Advance(scoped ReadOnlySpan<char> takes, char character, scoped ref long steps)
    {
        int count = 0, unused = 0;
        _mark++;
        Push(program.Start, ref unused);
        _reached[count++] = (char)program.Start;
        foreach (char take in takes)
        {
            steps += character < 128 ? 1 : StepsOfSetBeyondAscii;
            var instruction = _instructions[take];
            if (_marks[instruction.Next] == _mark || !program.Sets[instruction.Argument].Contains(character)) continue;
            _marks[instruction.Next] = _mark;
            _reached[count++] = (char)instruction.Next;
        }

        return _reached.AsSpan(0, count);
    }

    private void Push(int at, ref int pending)
    {
        if (_marks[at] == _mark) return;
        _marks[at] = _mark;
        _pending[pending++] = at;
    }

    private static PatternPlace PlaceAt(ReadOnlySpan<char> text, int i)
    {
        var place = PatternPlace.None;
        if (i == 0) place |= PatternPlace.Start | PatternPlace.LineStart;
        else if (text[i - 1] == '\n') place |= PatternPlace.LineStart;
        if (i == text.Length) place |= PatternPlace.End | PatternPlace.LineEnd;
        else if (text[i] == '\n') place |= i == text.Length - 1 ? PatternPlace.FinalNewline | PatternPlace.LineEnd : PatternPlace.LineEnd;
        bool isBehindWord = i > 0 && CharacterSet.Word.Contains(text[i - 1]),
            isBeforeWord = i < text.Length && CharacterSet.Word.Contains(text[i]);
        return isBehindWord == isBeforeWord ? place : place | PatternPlace.WordBoundary;
    }

    private static bool Holds(PatternAssertion assertion, PatternPlace place) => assertion switch
    {
        PatternAssertion.Start => (place & PatternPlace.Start) != 0,
        PatternAssertion.End => (place & PatternPlace.End) != 0,
        PatternAssertion.EndOrFinalNewline => (place & (PatternPlace.End | PatternPlace.FinalNewline)) != 0,
        PatternAssertion.LineStart => (place & PatternPlace.LineStart) != 0,
        PatternAssertion.LineEnd => (place & PatternPlace.LineEnd) != 0,
        PatternAssertion.WordBoundary => (place & PatternPlace.WordBoundary) != 0,
        PatternAssertion.NoWordBoundary => (place & PatternPlace.WordBoundary) == 0,
        _ => false,
    };
}
