namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>
/// A lazily built deterministic automaton: a transition that a search has taken before costs one table lookup per character.
/// </summary>
internal sealed class PatternStates
{
    /// <summary>Further states are simulated: slower, with the same result.</summary>
    private const int MaxStates = 64;

    /// <summary>Maximum number of instructions in all states together, two bytes each.</summary>
    private const int MaxEntries = 16 * 1024;

    private readonly PatternSimulation _simulation;
    private readonly Dictionary<string, State> _states = [];
    private readonly Dictionary<string, State>.AlternateLookup<ReadOnlySpan<char>> _byReached;
    private readonly byte[] _classes = new byte[128]; // ASCII characters that all sets treat alike share a class
    private readonly int _classCount;
    private int _entries;

    public PatternStates(PatternProgram program, PatternSimulation simulation)
    {
        Program = program;
        _simulation = simulation;
        _byReached = _states.GetAlternateLookup<ReadOnlySpan<char>>();
        var classes = new Dictionary<string, byte>();
        for (int character = 0; character < 128; character++)
        {
            string members = new([.. program.Sets.Select(set => set.Contains((char)character) ? '1' : '0')]);
            if (!classes.TryGetValue(members, out byte known)) classes[members] = known = (byte)classes.Count;
            _classes[character] = known;
        }

        _classCount = classes.Count;
        long steps = 0;
        First = Create(((char)program.Start).ToString(), PatternPlace.Start, ref steps);
    }

    public PatternProgram Program { get; }

    /// <summary>The state before the first character.</summary>
    public State First { get; }

    public State? Known(State state, char character) => character < 128 ? state.Following[_classes[character]] : null;

    /// <summary>The state for the reached instructions. Null if there is no room for it.</summary>
    public State? TryAdd(State before, char character, Span<char> reached, ref long steps)
    {
        reached.Sort(); // one order per set
        if (!_byReached.TryGetValue(reached, out var state))
        {
            if (_states.Count == MaxStates || _entries > MaxEntries) return null;
            string key = reached.ToString();
            state = _states[key] = Create(key, PatternPlace.None, ref steps);
        }

        if (character < 128) before.Following[_classes[character]] = state;
        return state;
    }

    private State Create(string reached, PatternPlace place, ref long steps)
    {
        _simulation.Expand(reached, place | PatternPlace.End, out bool isFoundAtEnd, ref steps);
        _simulation.Expand(reached, place | PatternPlace.FinalNewline, out bool isFoundBeforeFinalNewline, ref steps);
        string takes = _simulation.Expand(reached, place, out bool isFound, ref steps).ToString();
        _entries += reached.Length + takes.Length;
        return new State(takes, isFound, isFoundAtEnd, isFoundBeforeFinalNewline, new State?[_classCount])
        {
            // Nothing can match from here: no instruction consumes a character, and only the first position would allow a match to begin.
            IsDead = place == PatternPlace.None && takes.Length == 0 && !isFoundAtEnd && !isFoundBeforeFinalNewline,
        };
    }

    /// <param name="Takes">The instructions that consume the next character.</param>
    /// <param name="Following">Next state by the character's class. Null if the transition has not been taken yet.</param>
    internal sealed record State(string Takes, bool IsFound, bool IsFoundAtEnd, bool IsFoundBeforeFinalNewline, State?[] Following)
    {
        public bool IsDead { get; init; }
    }
}
