using FluentValidation;
using NetProfiler.Api.Resources;

namespace NetProfiler.Api.TaskFiles;

internal sealed class TargetValidator : AbstractValidator<TaskTarget>
{
    public TargetValidator()
    {
        RuleFor(target => target)
            .Must(target => target.PodSelector is null != target.WorkloadRef is null)
            .WithMessage("needs either podSelector or workloadRef");
        RuleFor(target => target.PodSelector!).SetValidator(new SelectorValidator()).When(target => target.PodSelector is not null);
        RuleFor(target => target.WorkloadRef!).SetValidator(new WorkloadValidator()).When(target => target.WorkloadRef is not null);
        RuleFor(target => target.ContainerNames).HasAtMost(TaskLimits.MaxContainerNames);
        RuleForEach(target => target.ContainerNames).Is(KubernetesName.IsDnsLabel, KubernetesName.DnsLabelRule);
    }

    private sealed class SelectorValidator : AbstractValidator<LabelSelector>
    {
        public SelectorValidator()
        {
            RuleFor(selector => selector).Must(selector => !selector.IsEmpty).WithMessage("an empty selector would mean every pod");
            RuleFor(selector => selector.MatchLabels).AreLabels();
            RuleFor(selector => selector.MatchExpressions).HasAtMost(TaskLimits.MaxSelectorTerms);
            RuleForEach(selector => selector.MatchExpressions).SetValidator(new RequirementValidator());
        }
    }

    private sealed class RequirementValidator : AbstractValidator<LabelSelectorRequirement>
    {
        public RequirementValidator()
        {
            RuleFor(requirement => requirement.Key).Is(KubernetesName.IsLabelKey, KubernetesName.LabelKeyRule);
            RuleFor(requirement => requirement.Operator).NotNull().WithMessage("is required");
            RuleFor(requirement => requirement.Values).HasAtMost(TaskLimits.MaxSelectorValues);
            RuleFor(requirement => requirement.Values).NotEmpty().When(Compares).WithMessage("In and NotIn need values to compare with");
            RuleFor(requirement => requirement.Values).Empty().When(OnlyLooks).WithMessage("Exists and DoesNotExist take no values");
            RuleForEach(requirement => requirement.Values).Is(KubernetesName.IsLabelValue, KubernetesName.LabelValueRule, isOptional: true);
        }

        private static bool Compares(LabelSelectorRequirement requirement) =>
            requirement.Operator is LabelSelectorOperator.In or LabelSelectorOperator.NotIn;

        private static bool OnlyLooks(LabelSelectorRequirement requirement) =>
            requirement.Operator is LabelSelectorOperator.Exists or LabelSelectorOperator.DoesNotExist;
    }

    private sealed class WorkloadValidator : AbstractValidator<WorkloadReference>
    {
        public WorkloadValidator()
        {
            RuleFor(workload => workload.Kind).NotNull().WithMessage("is required");
            RuleFor(workload => workload.Name).Is(KubernetesName.IsSubdomain, KubernetesName.SubdomainRule);
        }
    }
}
