using NetProfiler.Operator.Hosting;

return await OperatorCommand.InvokeAsync(args);
