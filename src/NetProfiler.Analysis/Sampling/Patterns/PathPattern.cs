using System.Text.RegularExpressions;

namespace NetProfiler.Analysis.Sampling.Patterns;

/// <summary>
/// A rule's pattern, searched in paths at a cost that is bounded by the pattern and the path: each character costs at most one step per
/// state of the automaton. .NET's linear engine does not have such a bound: it is linear in the text alone, and a pattern of 45 characters
/// makes it allocate 30 GB. Not thread-safe.
/// </summary>
public sealed class PathPattern
{
    /// <summary>
    /// The syntax is that of .NET without the constructs that require backtracking: lookarounds, back references, atomic groups.
    /// </summary>
    private const RegexOptions Syntax = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private readonly PatternSimulation _simulation;
    private readonly PatternStates _states;
    private readonly bool _needsNeighbours;

    /// <exception cref="ArgumentException">The pattern is malformed.</exception>
    /// <exception cref="NotSupportedException">The pattern requires backtracking, or its automaton is too large.</exception>
    public PathPattern(string pattern)
    {
        // The limit must be a number, which a configuration file cannot provide, and is read when an expression is created.
        AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", PatternProgram.MaxInstructions);
        Text = new Regex(pattern, Syntax).ToString();
        var program = PatternProgram.Of(pattern);
        _needsNeighbours = program.NeedsNeighbours;
        _simulation = new PatternSimulation(program);
        _states = new PatternStates(program, _simulation);
    }

    public string Text { get; }

    /// <summary>Whether the pattern is found in the text.</summary>
    /// <param name="steps">Increased by the cost of the search; one step is a few nanoseconds.</param>
    /// <param name="maxSteps">The search ends without a result when <paramref name="steps"/> exceeds this.</param>
    /// <returns>Null if the limit was reached.</returns>
    public bool? Find(ReadOnlySpan<char> text, ref long steps, long maxSteps = long.MaxValue)
    {
        if (_needsNeighbours) return _simulation.Find(text, 0, [(char)_states.Program.Start], ref steps, maxSteps);

        var state = _states.First;
        for (int i = 0; i < text.Length; i++)
        {
            if (state.IsFound || (state.IsFoundBeforeFinalNewline && i == text.Length - 1 && text[i] == '\n')) return true;
            if (state.IsDead) return false;

            steps++;
            if (_states.Known(state, text[i]) is { } known)
            {
                state = known;
                continue;
            }

            var following = _simulation.Advance(state.Takes, text[i], ref steps);
            if (steps > maxSteps) return null;
            if (_states.TryAdd(state, text[i], following, ref steps) is not { } next)
                return _simulation.Find(text, i + 1, following, ref steps, maxSteps);
            state = next;
        }

        return state.IsFoundAtEnd;
    }

    /// <summary>For uses without a limit on steps.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        long steps = 0;
        return Find(text, ref steps)!.Value;
    }
}
