using FluentValidation;
using NetProfiler.Analysis.Sampling.Patterns;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

internal sealed class SamplingValidator : AbstractValidator<TaskSampling>
{
    public SamplingValidator()
    {
        RuleFor(sampling => sampling.TopN).IsFrom(1, TaskLimits.MaxTopN);
        RuleFor(sampling => sampling.MaxSamplesPerSecond).IsFrom(1, TaskLimits.MaxSamplesPerSecond);
        RuleFor(sampling => sampling.Rules).HasAtMost(TaskLimits.MaxRules);
        RuleForEach(sampling => sampling.Rules).SetValidator(new RuleValidator());
        RuleFor(sampling => sampling.Rules).Custom(HasUniqueNames);
        RuleFor(sampling => sampling.Rules).Custom(HasAtMostOneDefault);
        RuleFor(sampling => sampling.TraceContexts).Must(contexts => contexts.Distinct().Count() == contexts.Count)
            .WithMessage("names a format twice");
        RuleFor(sampling => sampling.RequestHeaders).HasAtMost(TaskLimits.MaxRequestHeaders);
        RuleForEach(sampling => sampling.RequestHeaders).Is(
            name => name.Length is > 0 and <= TaskLimits.MaxRequestHeaderLength && name.All(IsOfName),
            $"is not the name of a header field in lower case, of at most {TaskLimits.MaxRequestHeaderLength} characters");
        RuleFor(sampling => sampling.RequestHeaders).Must(names => names.Distinct().Count() == names.Count)
            .WithMessage("names a field twice");
    }

    // RFC 9110, section 5.6.2. Lower case only, so that filters and outputs have one spelling.
    private static bool IsOfName(char one) => one is >= 'a' and <= 'z' or >= '0' and <= '9' || "!#$%&'*+-.^_`|~".Contains(one);

    private static void HasUniqueNames(IReadOnlyList<TaskSamplingRule> rules, ValidationContext<TaskSampling> context)
    {
        var firstOf = new Dictionary<string, int>();

        for (var i = 0; i < rules.Count; i++)
            if (rules[i].Name.Length > 0 && !firstOf.TryAdd(rules[i].Name, i))
                context.AddFailure($"Rules[{i}].Name", $"{Quote.Of(rules[i].Name)} is also the name of rules[{firstOf[rules[i].Name]}]");
    }

    private static void HasAtMostOneDefault(IReadOnlyList<TaskSamplingRule> rules, ValidationContext<TaskSampling> context)
    {
        var defaults = rules.Index().Where(rule => rule.Item.IsDefault).Select(rule => $"rules[{rule.Index}]").ToList();
        if (defaults.Count > 1)
            context.AddFailure($"at most one may have no uriRegex and so be the default: {string.Join(", ", defaults)} have none");
    }

    private sealed class RuleValidator : AbstractValidator<TaskSamplingRule>
    {
        public RuleValidator()
        {
            RuleFor(rule => rule.Name).Is(
                name => name.Length <= TaskLimits.MaxRuleNameLength && !name.Any(char.IsControl) && !string.IsNullOrWhiteSpace(name),
                $"must have from 1 to {TaskLimits.MaxRuleNameLength} characters, and not only spaces");
            RuleFor(rule => rule.UriRegex!).Custom(IsPattern).When(rule => !rule.IsDefault);
            RuleFor(rule => rule.MinDurationMilliseconds ?? 1).IsFrom(1, TaskLimits.MaxMinDurationMilliseconds)
                .OverridePropertyName(nameof(TaskSamplingRule.MinDurationMilliseconds));
            RuleFor(rule => rule).Must(rule => rule.HasTrigger || !rule.Count)
                .WithMessage("never samples: it needs when4xx, when5xx, whenUnanswered, whenIncomplete, minDurationMilliseconds or "
                    + "count: false");
            RuleFor(rule => rule).Must(rule => rule.Count || !rule.HasTrigger)
                .WithMessage("samples what it does not count: remove count: false, or when4xx, when5xx, whenUnanswered, whenIncomplete "
                    + "and minDurationMilliseconds");
            RuleFor(rule => rule.Collect.MaxRequestBytes).IsFrom(rule => LeastBytes(rule.Collect.Request), TaskLimits.MaxMessageBytes);
            RuleFor(rule => rule.Collect.MaxResponseBytes).IsFrom(rule => LeastBytes(rule.Collect.Response), TaskLimits.MaxMessageBytes);
        }

        /// <summary>Collecting content requires a limit of at least one byte.</summary>
        private static int LeastBytes(CollectedContent content) => content == CollectedContent.Full ? 1 : 0;

        private static void IsPattern(string pattern, ValidationContext<TaskSamplingRule> context)
        {
            if (pattern.Length > TaskLimits.MaxUriRegexLength)
            {
                context.AddFailure($"must have at most {TaskLimits.MaxUriRegexLength} characters, has {pattern.Length}");
                return;
            }

            try
            {
                _ = new PathPattern(pattern);
            }
            catch (Exception cause) when (cause is ArgumentException or NotSupportedException)
            {
                context.AddFailure($"is not a pattern of the linear-time engine: {cause.Message.ReplaceLineEndings(" ")}");
            }
        }
    }
}
