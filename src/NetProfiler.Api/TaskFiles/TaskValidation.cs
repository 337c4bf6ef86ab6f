using FluentValidation;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

/// <summary>The rules that types cannot express, for tasks from files and from the API server.</summary>
public static class TaskValidation
{
    private static readonly TaskValidator Standalone = new(TaskFileUse.Standalone);
    private static readonly TaskValidator Cluster = new(TaskFileUse.Cluster);

    /// <summary>Every rule that the task violates, not only the first.</summary>
    public static IReadOnlyList<FieldFault> Check(NetworkProfilingTask task, TaskFileUse use)
    {
        var validator = use == TaskFileUse.Cluster ? Cluster : Standalone;
        var errors = validator.Validate(task).Errors;
        return [.. errors.Select(error => new FieldFault(FieldPath.OfProperty(error.PropertyName), error.ErrorMessage))];
    }

    private sealed class TaskValidator : AbstractValidator<NetworkProfilingTask>
    {
        public TaskValidator(TaskFileUse use)
        {
            RuleFor(task => task.Metadata.Name).Is(KubernetesName.IsSubdomain, KubernetesName.SubdomainRule);
            RuleFor(task => task.Metadata.NamespaceProperty!).Is(KubernetesName.IsDnsLabel, KubernetesName.DnsLabelRule)
                .When(task => task.Metadata.NamespaceProperty is not null)
                .OverridePropertyName($"{nameof(NetworkProfilingTask.Metadata)}.Namespace");
            RuleFor(task => task.Metadata.Labels).AreLabels();
            RuleFor(task => task.Spec).SetValidator(new SpecValidator());

            if (use == TaskFileUse.Cluster)
                RuleFor(task => task.Spec.Targets).NotEmpty().WithMessage("at least one target is required");
        }
    }

    private sealed class SpecValidator : AbstractValidator<NetworkProfilingTaskSpec>
    {
        public SpecValidator()
        {
            RuleFor(spec => spec.Targets).HasAtMost(TaskLimits.MaxTargets);
            RuleForEach(spec => spec.Targets).SetValidator(new TargetValidator());
            RuleFor(spec => spec.NodeSelector).AreLabels();
            RuleFor(spec => spec.ActiveDeadlineSeconds).IsFrom(TaskLimits.MinActiveDeadlineSeconds, TaskLimits.MaxActiveDeadlineSeconds);
            RuleFor(spec => spec.TtlSecondsAfterFinished ?? 0).IsFrom(0, TaskLimits.MaxTtlSecondsAfterFinished)
                .OverridePropertyName(nameof(NetworkProfilingTaskSpec.TtlSecondsAfterFinished));
            RuleFor(spec => spec.Sampling).SetValidator(new SamplingValidator());
            RuleFor(spec => spec.Redaction.Headers).HasAtMost(TaskLimits.MaxRedactedHeaders);
            RuleForEach(spec => spec.Redaction.Headers).Is(IsFieldName, "is not the name of a header field");
            RuleFor(spec => spec.Metrics.MaxSeries).IsFrom(1, TaskLimits.MaxSeries);
            RuleFor(spec => spec.ExportRef!.Name).Is(KubernetesName.IsSubdomain, KubernetesName.SubdomainRule)
                .When(spec => spec.ExportRef is not null);
        }

        // RFC 9110, section 5.6.2: a token.
        private static bool IsFieldName(string name) =>
            name.Length is > 0 and <= TaskLimits.MaxRedactedHeaderLength
            && name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character));
    }
}
