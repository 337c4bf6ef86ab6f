using FluentValidation;
using NetProfiler.Api.Resources;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.TaskFiles;

/// <summary>The rules shared by many fields, with their messages; a message continues the field's path.</summary>
internal static class ValidationRules
{
    public static IRuleBuilderOptions<T, int> IsFrom<T>(this IRuleBuilder<T, int> field, int least, int most) =>
        field.IsFrom(_ => least, most);

    public static IRuleBuilderOptions<T, int> IsFrom<T>(this IRuleBuilder<T, int> field, Func<T, int> least, int most) =>
        field.Must((owner, number) => number >= least(owner) && number <= most)
            .WithMessage((owner, number) => $"must be from {least(owner)} to {most}, is {number}");

    public static IRuleBuilderOptions<T, string> Is<T>(
        this IRuleBuilder<T, string> field, Func<string, bool> isValid, string rule, bool isOptional = false) =>
        field.Must(text => isValid(text))
            .WithMessage((_, text) => text.Length == 0 && !isOptional ? "is required" : $"{Quote.Of(text)} {rule}");

    public static IRuleBuilderOptions<T, IReadOnlyList<TItem>> HasAtMost<T, TItem>(
        this IRuleBuilder<T, IReadOnlyList<TItem>> field, int most) =>
        field.Must(list => list.Count <= most).WithMessage((_, list) => $"must have at most {most} items, has {list.Count}");

    /// <summary>Rules for keys and values of labels, or of a selector by labels.</summary>
    public static void AreLabels<T, TLabels>(this IRuleBuilderInitial<T, TLabels> field)
        where TLabels : IEnumerable<KeyValuePair<string, string>>? =>
        field.Custom((labels, context) =>
        {
            if (labels is null) return;
            foreach (var (key, value) in labels)
            {
                if (!KubernetesName.IsLabelKey(key))
                    context.AddFailure($"key {Quote.Of(key)} {KubernetesName.LabelKeyRule}");
                if (!KubernetesName.IsLabelValue(value))
                    context.AddFailure($"value {Quote.Of(value)} of {Quote.Of(key)} {KubernetesName.LabelValueRule}");
            }
        });
}
